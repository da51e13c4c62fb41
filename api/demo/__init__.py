"""A made-up network, deterministic by its seed, for demonstrations and tests."""
