"""Mergeable counts per branch, touchpoint, survey version, metric and day, kept up from answers."""
