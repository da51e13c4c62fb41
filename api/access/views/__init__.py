"""Views that a person saved for themselves: an address of the dashboard under a name."""
