"""From marks and events to alerts: found once, muted, told, opened as tickets."""
