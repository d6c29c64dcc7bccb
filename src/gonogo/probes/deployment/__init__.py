"""What was deployed, and what is served."""
