"""What a page shows wrongly because a check of ours did not let a request of it through."""

from __future__ import annotations

from collections.abc import Sequence

from gonogo.errors import CannotTell


def refuse_if_held_back(wrong: Sequence[object], blocked: Sequence[str], *, where: str) -> None:
    """Refuse what is *wrong* with a page, where requests of it were *blocked* by us.

    Nobody can tell whether the page would be right with their answers.

    Raises:
        CannotTell: something is wrong, and something was blocked.
    """
    if not wrong or not blocked:
        return
    raise CannotTell(
        "the page is not as expected, and a request of it was not let through by this check",
        where=where,
        expected="a page that may ask for everything it shows",
        found=f"not let through: {', '.join(blocked)}; {'; '.join(map(str, wrong))}",
        do="where that request only reads, leave its address out of app.data_addresses:"
        " docs/configuration.md has an example",
    )
