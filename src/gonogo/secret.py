"""A text that must not be seen by accident."""

from __future__ import annotations

import hmac
from typing import NoReturn, SupportsIndex

from gonogo.sensitive_patterns import MASK


class Secret:
    """A text that does not show itself, is compared in constant time and is not pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        """Show that there is a secret, and nothing of it."""
        return f"Secret('{MASK}')"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        """Show that there is a secret, and nothing of it."""
        return format(repr(self), format_spec)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash(self._value)

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._value)

    def __copy__(self) -> Secret:
        """Return itself: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        """Return itself: it never changes."""
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled: a pickle is a plain copy."""
        raise TypeError("a Secret is not pickled; pass what reveal() returns, knowingly")
