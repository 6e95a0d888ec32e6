"""The service: it takes jobs by HTTP, from folders and by schedule, and carries them out."""
