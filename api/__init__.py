"""The domains of Branchpulse and their HTTP face; the order of the rooms stands in pyproject.toml."""
