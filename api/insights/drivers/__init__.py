"""What drives a metric, and what to work on first."""
