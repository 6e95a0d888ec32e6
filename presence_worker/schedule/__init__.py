"""What rows with days ask for in the future: noted with each run, due on its day, and taken back."""
