"""What one branch reads of itself: its day, where it stands, what to improve, its team."""
