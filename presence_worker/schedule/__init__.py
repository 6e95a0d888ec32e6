"""What rows with days ask for on days to come: noted with each run, due on its day, and taken back."""
