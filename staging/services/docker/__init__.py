"""A container engine's stand-in: the API on a unix socket, over containers that only are told."""
