"""People: log-in, passwords, sessions, grants and tokens. What they may see: api.security."""
