"""All faults and controls, in modules by what is broken."""

from __future__ import annotations

from staging.faults.catalogue import (
    backup,
    columns,
    controls,
    data,
    environment,
    exposure,
    indexes,
    logs,
    objects,
    script,
)
from staging.faults.fault import Fault

MODULES = (
    backup,
    script,
    logs,
    columns,
    indexes,
    objects,
    exposure,
    data,
    environment,
    controls,
)
FAULTS: tuple[Fault, ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Fault)
)
