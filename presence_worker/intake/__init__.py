"""A file becomes numbered records, records become rows."""
