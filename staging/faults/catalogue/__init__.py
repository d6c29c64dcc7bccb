"""All faults and controls, in modules by what is broken."""

from __future__ import annotations

from staging.faults.catalogue import (
    applied,
    backup,
    columns,
    controls,
    data,
    environment,
    exposure,
    indexes,
    logs,
    objects,
    older,
    script,
    script_controls,
)
from staging.faults.catalogue.controls import the_healthy_box
from staging.faults.fault import Fault

HEALTHY = the_healthy_box
"""What every run begins with; it is no part of the catalogue itself."""
MODULES = (
    backup,
    script,
    logs,
    columns,
    indexes,
    objects,
    older,
    applied,
    exposure,
    data,
    environment,
    controls,
    script_controls,
)
FAULTS: tuple[Fault, ...] = tuple(
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Fault) and value is not HEALTHY
)
