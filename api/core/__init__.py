"""Settings, database, clock, errors, languages, secrets: what every room stands on. No FastAPI."""
