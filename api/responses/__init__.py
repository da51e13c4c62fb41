"""Answers of customers: the survey page's way in, committed before anyone says thank you."""
