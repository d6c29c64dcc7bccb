"""Staging in a box: the stand-in product, its services, and the faults they can have."""
