"""Who is told of what and how, who is away, and what goes out to the network's own systems."""
