"""What is found where nothing comes: silence, dead feeds, and the warning list."""
