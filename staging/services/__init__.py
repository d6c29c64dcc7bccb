"""The box's services: small stateful stand-ins, one per vendor, on one pattern."""
