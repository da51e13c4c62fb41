"""Benches of the ledger: claims, sending, crashes. Made-up addresses, stubs on loopback only."""
