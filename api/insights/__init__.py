"""The read side: every number on a screen comes from a function of this room."""
