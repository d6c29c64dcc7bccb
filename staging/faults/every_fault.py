"""All faults of the catalogue, and the healthy box of each phase."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module

from staging.faults import catalogue
from staging.faults.clone import Clone
from staging.faults.fault import DATABASE_ALONE, Fault

PHASES = (DATABASE_ALONE, "phase2", "phase3", "phase4", "preflight")
"""The phases that the catalogue answers for, in the order they are run."""


def nothing_is_broken(_clone: Clone) -> None:
    """Nothing is broken."""


HEALTHY: Mapping[str, Fault] = {
    DATABASE_ALONE: catalogue.HEALTHY,
    **{
        phase: Fault(
            id=f"the-healthy-box-of-{phase}",
            sentence=f"Nothing is broken in {phase}.",
            group="controls",
            expected={},
            breaks=nothing_is_broken,
            phase=phase,
        )
        for phase in PHASES[1:]
    },
}
"""What the run of each phase begins with; they are no part of the catalogue itself."""


def _of_other_modules() -> Iterator[Fault]:
    """Yield the faults of the modules that the catalogue does not list itself, by their names."""
    listed = {module.__name__ for module in catalogue.MODULES}
    for found in pkgutil.iter_modules(catalogue.__path__, f"{catalogue.__name__}."):
        if found.name not in listed:
            module = import_module(found.name)
            yield from (value for value in vars(module).values() if isinstance(value, Fault))


FAULTS: tuple[Fault, ...] = (*catalogue.FAULTS, *_of_other_modules())
