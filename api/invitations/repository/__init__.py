"""The SQL of asking: deciding, claiming, receipts. Decides nothing."""
