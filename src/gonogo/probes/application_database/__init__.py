"""Observe how an application reads its own database."""
