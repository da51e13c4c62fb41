"""Answers that a branch contests: raised within days, decided by headquarters, never deleted."""
