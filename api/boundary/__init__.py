"""Where HTTP becomes a transaction with a viewer, and errors become problem documents.

Endpoints of all rooms stand on it. Knows FastAPI and who is asking; knows no domain.
"""
