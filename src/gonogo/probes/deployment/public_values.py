"""Does what is served carry the public values that the env file says?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gonogo.comparison import Comparison, Difference
from gonogo.config_app import DeploymentSection
from gonogo.env_file import EnvFile, read_env_file
from gonogo.errors import CannotTell
from gonogo.probes.deployment.site import Site, Told
from gonogo.provider import Instance

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"", "false", "0", "no", "off"})
NOT_SET = "not set"
PROJECT = re.compile(r"[a-z0-9]{16,}|o[0-9]+")
"""The first label of a host that names one project: Supabase's reference, Sentry's organization.

Other labels name a region or a part of the provider, such as us, assets or status: a library
brings those along, whichever project it is used for.
"""


def served_values(site: Site, instance: Instance, section: DeploymentSection) -> Comparison:
    """Compare the env file's public values with what *site* serves.

    Raises:
        CannotTell: as :func:`public_values`, or the site does not answer.
    """
    return public_values(
        section.public_values,
        read_env_file(Path(instance.env_file)),
        config=site.told(section.config_path) if section.config_path else None,
        scripts=site.scripts(),
        standing_in=instance.standing_in,
    )


def public_values(
    places: Mapping[str, str],
    env_file: EnvFile,
    *,
    config: Told | None,
    scripts: Mapping[str, str],
    standing_in: Mapping[str, str],
) -> Comparison:
    """Compare each variable's value with what is served at its place, or anywhere in the scripts.

    *places* are as in ``deployment.public_values``. An address for which something is standing in
    is expected as that. A script that names another project's address of the same provider is a
    difference, too: a page built for that project. A variable that is empty in the env file cannot
    be looked for and does not count, unless its place serves a value.

    Raises:
        CannotTell: no variable is named, or none of them has a value in the env file.
    """
    values = {name: env_file.text_of(name).strip() for name in places}
    empty = [name for name, value in values.items() if not value]
    if len(empty) == len(values):
        raise CannotTell(
            "no public value is known to look for",
            where=env_file.shown,
            expected="variables that deployment.public_values names, with values in the env file",
            found=f"{len(places)} variables named, none with a value",
            do="name them in deployment.public_values of the target file",
        )
    wanted = {name: _standing_in(value, standing_in) for name, value in values.items()}
    known = {urlsplit(each).hostname or "" for each in (*values.values(), *wanted.values())}
    differences = [
        found
        for name, value in values.items()
        for found in (
            *_differences(name, wanted[name], places[name], config, scripts),
            *_others_of_its_kind(name, value, known, scripts),
        )
    ]
    differing = {each.subject for each in differences}
    left = [name for name in empty if name not in differing]
    return Comparison(
        subject="public values",
        checked=len(values) - len(left),
        differences=tuple(differences),
        notes=(f"not looked for, because they are empty: {', '.join(left)}",) if left else (),
        do="correct the platform's variables, then deploy again",
    )


def _differences(
    name: str, expected: str, place: str, config: Told | None, scripts: Mapping[str, str]
) -> Iterator[Difference]:
    if place:
        served = None if config is None else config.at(place)
        if not _same(expected, served):
            yield Difference(
                subject=name,
                expected=expected or NOT_SET,
                found=f"{NOT_SET if served is None else _in_words(served)} at {place}",
            )
    elif expected and not any(expected in text for text in scripts.values()):
        yield Difference(subject=name, expected=expected, found="in none of the scripts")


def _others_of_its_kind(
    name: str, value: str, known: Collection[str], scripts: Mapping[str, str]
) -> Iterator[Difference]:
    """Yield other projects' addresses of the same provider: another first label, the same rest.

    *known* are the hosts that the env file names itself.
    """
    label, _, domain = (urlsplit(value).hostname or "").partition(".")
    if not PROJECT.fullmatch(label):
        return
    address = rf"https://(?:[^\s/@\"'`]+@)?({PROJECT.pattern})\.{re.escape(domain)}(?![\w.-])"
    for file, text in scripts.items():
        for other in dict.fromkeys(f"{each[1]}.{domain}" for each in re.finditer(address, text)):
            if other not in known:
                yield Difference(subject=name, expected=value, found=f"https://{other} in {file}")


def _standing_in(value: str, standing_in: Mapping[str, str]) -> str:
    for address, stand_in in standing_in.items():
        if value == address or value.startswith(f"{address}/"):
            return stand_in + value.removeprefix(address)
    return value


def _same(expected: str, served: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a variable's text means the served value: switches and numbers as what they are."""
    if isinstance(served, bool):
        return expected.strip().lower() in (TRUE if served else FALSE)
    if isinstance(served, int | float):
        try:
            return float(expected) == float(served)
        except ValueError:
            return False
    return (served or "").rstrip("/") == expected.rstrip("/") if _is_text(served) else False


def _is_text(served: object) -> bool:
    return served is None or isinstance(served, str)


def _in_words(served: object) -> str:
    return str(served).lower() if isinstance(served, bool) else str(served) or "nothing"
