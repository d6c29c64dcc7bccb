"""The command ``gonogo``."""
