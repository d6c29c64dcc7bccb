"""Observe what an application brings over from a partner: the partner, the rows, the pages."""
