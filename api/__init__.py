"""The domains of Branchpulse and their HTTP face; pyproject.toml holds the order of the rooms."""
