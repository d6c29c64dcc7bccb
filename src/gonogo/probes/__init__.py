"""Code that observes and returns plain data; nothing in here asserts."""
