"""Action plans: what is done about a driver, and whether it helped."""
