"""Customers and their events: matching, encrypted contact points, consent, export and erasure."""
