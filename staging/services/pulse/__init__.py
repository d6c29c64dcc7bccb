"""Stand-in for Pulse, the partner that knows how a nonprofit's people are doing."""

from staging.services.pulse.service import Pulse

__all__ = ["Pulse"]
