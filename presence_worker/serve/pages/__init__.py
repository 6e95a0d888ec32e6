"""The pages of the service, rendered by the server."""
