"""The SQL of WeChat: the account with its followers, and the binding of people."""
