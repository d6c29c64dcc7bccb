"""Observe whether what happens in a browser arrives where it is collected."""
