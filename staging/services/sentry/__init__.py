"""Stand-in for Sentry: takes what its SDKs and its command line send, and answers its API."""

from staging.services.sentry.service import Sentry

__all__ = ["Sentry"]
