"""One small client for each service, over one transport."""
