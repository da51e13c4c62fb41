"""What WeChat tells us: signed or encrypted calls, read safely, each believed once."""
