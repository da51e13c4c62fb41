"""Reads for the pages: numbers from api.insights, entities from their domain."""
