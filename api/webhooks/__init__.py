"""What providers tell us: signed status and inbound messages, checked before they are believed."""
