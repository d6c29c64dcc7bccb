"""Production is not what was deployed: faults of a box with its services."""

from __future__ import annotations

from staging.faults.fault import control, fault
from staging.faults.whole_clone import WholeClone
from staging.services.switches import Break


@fault(fails="DEP-V.3 DEP-V.4", phase="phase2")
def production_is_rolled_back(clone: WholeClone) -> None:
    """Somebody rolled production back to the older deployment after the release went live."""
    clone.roll_back(clone.older_deployment())


@fault(errors="DEP-V.1 DEP-V.2 DEP-V.3 DEP-V.4", phase="phase2")
def vercel_refuses_the_token(clone: WholeClone) -> None:
    """The token of the checks was revoked after the deployment."""
    clone.company.turn_on("vercel", Break.UNAUTHORIZED)


@control(phase="phase2")
def an_older_deployment_is_kept(clone: WholeClone) -> None:
    """The platform still has the older deployment, and production does not lead to it."""
    clone.older_deployment()
