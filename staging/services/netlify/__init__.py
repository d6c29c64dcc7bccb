"""Netlify's stand-in: the API for a site and its deploys, serving, and the part of its command."""
