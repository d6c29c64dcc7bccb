"""Every known way to break the box, and exactly which items must then leave green.

``python -m staging.faults`` breaks a clone of the prepared box in each of them, runs the checks,
and compares the items that left green with the expected ones. docs/faults.md says how to add one.
"""
