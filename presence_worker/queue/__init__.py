"""Jobs that wait for the service: durable from the moment in which they are acknowledged."""
