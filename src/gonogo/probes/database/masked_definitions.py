"""Definitions that were kept with their secrets masked, held beside the whole ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from gonogo.probes.database.schema_objects import Attribute, Attributes
from gonogo.redaction import MASK


def same(kept: Attribute, seen: Attribute) -> bool:
    """Return whether *seen* is *kept*, where *kept* may be masked.

    A mask stands for one or more characters that do not end the literal they are in, so that it
    hides no other code than it hid when it was made. Which secrets are known, and so what is
    masked, may differ from run to run: only what was kept says it.
    """
    if kept == seen:
        return True
    if isinstance(kept, list) and isinstance(seen, list) and len(kept) == len(seen):
        return all(map(same, kept, seen))
    if not isinstance(kept, str) or not isinstance(seen, str) or MASK not in kept:
        return False
    first, *between, last = kept.split(MASK)
    if not seen.startswith(first):
        return False
    places = [(0, len(first))]
    for part in between:
        at = seen.find(part, places[-1][1] + 1)
        if at < 0:
            return False
        places.append((at, at + len(part)))
    places.append((len(seen) - len(last), len(seen)))
    hidden = (seen[end:begin] for (_, end), (begin, _) in pairwise(places))
    return seen.endswith(last) and all(map(_one_literal, hidden))


def same_attributes(
    kept: Attributes | None, seen: Attributes | None, names: Iterable[str] | None = None
) -> bool:
    """Return whether all attributes, or those of *names*, are the same; see `same`."""
    one: Mapping[str, Attribute] = kept or {}
    other: Mapping[str, Attribute] = seen or {}
    if names is None:
        if (kept is None) != (seen is None) or one.keys() != other.keys():
            return False
        names = one
    return all(same(one.get(name), other.get(name)) for name in names)


def _one_literal(text: str) -> bool:
    return bool(text) and "'" not in text.replace("''", "")
