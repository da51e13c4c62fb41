"""The ledger of decisions and invitations: who is asked, when, through which channel, and why."""
