"""The ``vercel`` command of the box; it needs nothing but Python's standard library and git."""
