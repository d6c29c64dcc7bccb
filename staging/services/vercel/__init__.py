"""Stands in for Vercel: its API, its builds, what it serves, and the CLI that drives it."""
