"""The part of Netlify's CLI that deployments need."""
