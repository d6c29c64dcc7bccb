"""What Vercel puts before a deployment that not everybody may see: told apart, and passed.

Source: vercel.com/docs/deployment-protection, "Protection Bypass for Automation".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.secret import Secret

SETTING = "services.vercel.bypass_env"
SECRET_HEADER = "x-vercel-protection-bypass"  # noqa: S105 - the name of a header
COOKIE_HEADER = "x-vercel-set-bypass-cookie"
"""With it the answer sets a cookie that passes as well: a browser then needs no header."""
PLATFORMS_OWN = "_vercel"
"""What the names of such cookies begin with."""
REFUSED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
PLATFORM = "vercel.com"
SIGN_IN = re.compile(r"/(?:sso-api|login)\b")
SIGNS = re.compile(r"vercel\.com/sso-api|_vercel_sso_nonce|_vercel_password|Protected deployment")
"""In what is answered with a refusal: the sign-in's address, its cookie, the password's field."""


@dataclass(frozen=True, kw_only=True)
class Bypass:
    """The secret that passes the protection of *where*, and of no other address."""

    where: str
    secret: Secret | None = field(default=None, repr=False)

    def identify(self, request: httpx.Request) -> None:
        """Give *request* the secret where it goes to this very origin, and nowhere else."""
        request.headers.pop(SECRET_HEADER, None)
        if self.secret is not None and origin(str(request.url)) == origin(self.where):
            request.headers[SECRET_HEADER] = self.secret.reveal()


def in_the_way(where: str) -> CannotTell:
    """Return what is said where the protection answers in place of the application at *where*."""
    return CannotTell(
        "Vercel's deployment protection stands before this address",
        where=where,
        expected="the application itself",
        found="the protection's own page",
        do="make a secret in the project's settings on Vercel (Deployment Protection, Protection"
        " Bypass for Automation), put it in a variable of this command's environment and name that"
        f" variable in {SETTING}; where one is named, see on Vercel that its secret is still good",
    )


def bypass_secret(settings: Settings) -> Secret | None:
    """Return the secret that passes the protection; None where the target file names none.

    Raises:
        ConfigError: the variable that it names is not set.
    """
    return settings.secret(SETTING) if settings.services.vercel.bypass_env else None


def is_protection(*, asked: str, address: str, status: int, said: str) -> bool:
    """Whether the platform answered in place of the application at *asked*.

    *address* is where the question ended, *said* what was answered there, headers and text.
    """
    host, ended = urlsplit(asked).hostname or "", urlsplit(address)
    if ended.hostname == PLATFORM and host != PLATFORM:
        return bool(SIGN_IN.match(ended.path))
    return status in REFUSED and bool(SIGNS.search(said))


def origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; empty ones where *address* has none."""
    url = httpx.URL(address)
    return url.scheme, url.host, url.port
