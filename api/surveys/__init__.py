"""Surveys, message templates and rules of asking: their files, and their published versions."""
