"""What a service shows while the database of several machines is away."""
