"""The pages of the service, for people: made for the morning, whole without script, live with it."""
