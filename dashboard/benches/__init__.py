"""Benches of the pages: what a browser and many readers at once see of them."""
