"""Channels as ports: console by default, providers only when sending is live."""
