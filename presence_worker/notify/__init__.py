"""Who is notified of how runs end: messages, when they are due, and the ways they go."""
