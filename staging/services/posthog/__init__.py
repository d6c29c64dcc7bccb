"""Stand-in for PostHog: takes what its SDKs send, evaluates flags, and answers questions."""

from staging.services.posthog.service import PostHog

__all__ = ["PostHog"]
