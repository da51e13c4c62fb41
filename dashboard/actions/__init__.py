"""Writes from the pages through the same services and permission checks as the API."""
