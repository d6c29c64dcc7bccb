"""What a person sees of the application, seen by a real browser."""
