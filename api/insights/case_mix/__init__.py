"""Case mix and channel: coefficients that are published and frozen, and scores adjusted by them."""
