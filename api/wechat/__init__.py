"""WeChat official account: its API, the shared access token, followers, consents, binding."""
