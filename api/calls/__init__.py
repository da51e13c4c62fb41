"""The call centre's list: who calls which customer when, and what came of it."""
