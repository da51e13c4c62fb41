"""Who is asking and what they may see. The only room that widens a user into branches."""
