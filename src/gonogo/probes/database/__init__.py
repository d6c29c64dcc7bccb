"""Observing PostgreSQL: content, schema, exposure, locks, backups, and a server of our own."""
