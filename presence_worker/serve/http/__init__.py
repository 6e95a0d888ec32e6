"""The HTTP interface of the service: routes, who may use them, and what they answer."""
