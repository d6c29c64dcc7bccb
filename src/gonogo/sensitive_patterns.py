"""What secrets and row data look like when nobody registered them. Pure text in, text out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MASK = "***"
"""What stands in place of a secret."""

SENSITIVE_KEY = (
    r"(?:passw(?:or)?d|passphrase|secret|token|authorization"
    r"|(?:api|secret|private|access|service[_-]?role)[_-]?key)"
)
# Values that are names, types or placeholders: `token = $1`, `password: str`, `"secret": null`.
_NO_VALUE = (
    r"(?:\*\*\*|\$\d+|%s|%\(\w+\)s|\?|\$\{\w+\}|(?-i:\$[A-Z_][A-Z0-9_]*)|<[^<>\n]*>|null|none"
    r"|true|false|str|string|text|varchar|bytea|boolean|bool|integer|int|undefined|required"
    r"|optional|missing|empty|set|unset|not|is|(?:process|import\.meta)\.env\.\w+|Secret\()"
)


@dataclass(frozen=True, kw_only=True)
class SensitivePattern:
    """A regular expression, what replaces it, and a word without which it cannot match."""

    needs: tuple[str, ...]
    expression: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]

    def apply(self, text: str, lowered: str) -> str:
        """Return *text* masked; *lowered* is its lower-case form."""
        if not any(word in lowered for word in self.needs):
            return text
        return self.expression.sub(self.replacement, text)


def _pattern(
    needs: str, expression: str, replacement: str | Callable[[re.Match[str]], str], flags: int = 0
) -> SensitivePattern:
    return SensitivePattern(
        needs=tuple(needs.split("|")),
        expression=re.compile(expression, flags),
        replacement=replacement,
    )


def _keyed_value(match: re.Match[str]) -> str:
    """Keep the key, the operator, the quotes and the kind of authorization; mask the value."""
    quote = match["quote"] or ""
    return f"{match['head']}{quote}{match['kind'] or ''}{MASK}{quote}"


def _unless_a_name(match: re.Match[str]) -> str:
    """Mask what has a digit or a capital; a constraint may well be called pk_test_accounts."""
    return MASK if re.search("[0-9A-Z]", match[0]) else match[0]


_ANYWHERE = re.DOTALL | re.MULTILINE
_PROVIDERS = (  # the documented beginnings of access keys, by vendor
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}",  # Stripe
    r"whsec_[A-Za-z0-9+/=]{16,}",
    r"gh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
    r"github_pat_\w{20,}",
    r"glpat-[\w-]{16,}",  # GitLab
    r"xox[abeoprs]-[\w-]{8,}",  # Slack
    r"xapp-[\w-]{8,}",
    r"(?:AKIA|ASIA)[0-9A-Z]{16}",  # AWS
    r"AIza[\w-]{30,}",  # Google, also Gemini
    r"phx_\w{16,}",  # PostHog personal key; phc_ is public by design
    r"sntry[su]_[\w+/=-]{16,}",  # Sentry
    r"sbp_[0-9a-f]{16,}",  # Supabase
    r"sb_secret_[\w-]{8,}",
    r"nf[pcoub]_[A-Za-z0-9]{20,}",  # Netlify
    r"vc[pirak]_[A-Za-z0-9]{20,}",  # Vercel
    r"dckr_[a-z]+_[\w-]{16,}",  # Docker
    r"npm_[A-Za-z0-9]{20,}",
    r"pypi-[\w-]{50,}",
    r"sk-[\w-]{20,}",  # OpenAI, Anthropic
    r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
)

_ADDRESSES = (
    # Database addresses carry passwords with raw slashes and at-signs; other schemes do not.
    _pattern(
        "://",
        r"\b(?P<head>(?:postgres(?:ql)?|mysql|mariadb|redis|rediss|mongodb(?:\+srv)?|amqps?)"
        r"://[^\s:/@'\"]*:)[^\s'\"]+@",
        rf"\g<head>{MASK}@",
        re.IGNORECASE,
    ),
    _pattern(
        "://",
        r"\b(?P<head>[a-z][a-z0-9+.-]{0,20}://[^\s:/@'\"?#]*:)[^\s/?#'\"]+@",
        rf"\g<head>{MASK}@",
        re.IGNORECASE,
    ),
    _pattern(
        "hooks.slack.com",
        r"(hooks\.slack\.com/(?:services|triggers|workflows)/)[\w/-]+",
        rf"\1{MASK}",
    ),
)
_PASSWORD_LITERAL = _pattern(
    "password", r"(\bPASSWORD\s+)'(?:[^']|'')*'", rf"\1'{MASK}'", re.IGNORECASE
)
_SIGNED_TOKEN = _pattern("eyj", r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?", MASK)
_OF_A_PROVIDER = rf"(?<![A-Za-z0-9])(?:{'|'.join(_PROVIDERS)})"
_PROVIDER_WORDS = (
    "_live_|_test_|whsec_|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|xox|xapp-|akia"
    "|asia|aiza|phx_|sntry|sbp_|sb_secret_|nfp_|nfc_|nfo_|nfu_|nfb_|vcp_|vci_|vcr_|vca_"
    "|vck_|dckr_|npm_|pypi-|sk-|sg."
)

SECRET_PATTERNS: tuple[SensitivePattern, ...] = (
    _pattern(
        "private",
        r"-----BEGIN (?P<label>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----"
        r"(?:.*?-----END (?P=label)-----|.*\Z)",
        rf"-----BEGIN \g<label>-----{MASK}-----END \g<label>-----",
        re.DOTALL,
    ),
    *_ADDRESSES,
    _pattern(
        "passw|passphrase|secret|token|authorization|key",
        rf"(?P<head>{SENSITIVE_KEY}(?:\\*[\"'])?[ \t]*(?:=>|:=|==?|:(?!:))[ \t]*)"
        r"(?P<quote>\\*[\"'])?+(?P<kind>(?:bearer|basic|token|apikey|negotiate|digest)[ \t]+)?+"
        rf"(?!{_NO_VALUE}(?![^\s,;)\]}}\"'\\&<]))"
        r"(?(quote)(?:(?!(?P=quote))[^\n])+(?P=quote)"
        r"|[^\s&\"'<]*[^\s&\"'<,;)}\]\\])",
        _keyed_value,
        re.IGNORECASE,
    ),
    _PASSWORD_LITERAL,
    _pattern(
        "--",
        r"(--?(?:password|passphrase|token|secret|api-key|auth-token)\s+)"
        r"(?=[^\s]*[0-9])[^\s-][^\s]{7,}",
        rf"\1{MASK}",
    ),
    _pattern(
        "bearer|basic",
        # A digit, or an upper-case letter after a lower-case one: prose has neither.
        r"\b((?i:bearer|basic)[ \t]+)"
        r"(?=[^\s\"']*[0-9=]|[^\s\"']*[a-z][^\s\"']*[A-Z])[\w.~+/=-]{8,}",
        rf"\1{MASK}",
    ),
    _SIGNED_TOKEN,
    _pattern(_PROVIDER_WORDS, _OF_A_PROVIDER, MASK),
)

# In SQL a key is followed by code as often as by a value. What is masked is part of a literal or a
# comment, and no quote comes or goes with it, so that the statement stays one.
SQL_PATTERNS: tuple[SensitivePattern, ...] = (
    _pattern(
        "private",
        r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)"
        r"(?=(?:(?!-----)[^'])*\w)(?:(?!-----)[^'])+",
        rf"\1{MASK}",
    ),
    *_ADDRESSES,
    _PASSWORD_LITERAL,
    _pattern(
        "--",
        r"(--(?:password|passphrase|token|secret|api-key|auth-token)[ \t]+)"
        r"(?=[^\s']*[0-9])[^\s'-][^\s']{7,}",
        rf"\1{MASK}",
    ),
    _pattern(
        "bearer|basic",
        r"((?:['\"]|(?<!:):[ \t]*)(?i:bearer|basic)[ \t]+)"
        r"(?=[^\s\"']*[0-9=]|[^\s\"']*[a-z][^\s\"']*[A-Z])[\w.~+/=-]{8,}",
        rf"\1{MASK}",
    ),
    _SIGNED_TOKEN,
    _pattern(_PROVIDER_WORDS, _OF_A_PROVIDER, _unless_a_name),
)
_SQL_HEAD = re.compile(
    rf"{SENSITIVE_KEY}(?:\\*[\"'])?[ \t]*(?P<operator>=>|:=|==?|:(?!:))(?P<blank>[ \t]*)",
    re.IGNORECASE,
)
_NO_SQL_VALUE = rf"(?!(?:{_NO_VALUE}|%[IL])(?![^\s,;)\]}}\"'\\&<]))"
_LITERAL = re.compile(rf"(?:E|U&)?'{_NO_SQL_VALUE}(?P<value>(?:[^'\n]|'')+)'", re.IGNORECASE)
_IN_A_LITERAL = re.compile(rf"''{_NO_SQL_VALUE}(?P<value>[^'\n]+)''", re.IGNORECASE)
_BARE = re.compile(
    r"(?:(?:bearer|basic|token|apikey|negotiate|digest)[ \t]+)?+"
    rf"{_NO_SQL_VALUE}(?P<value>[^\s&\"'<,;|)}}\]\\]+)",
    re.IGNORECASE,
)
_JSON = re.compile(rf"\\*\"{_NO_SQL_VALUE}(?P<value>[^\"'\n]+)\"", re.IGNORECASE)


def mask_keyed_literals(sql: str) -> str:
    """Return *sql* without the values of literals that follow a key such as ``token =``.

    Whether a place is inside a literal is told by the quotes before it in its line.
    """
    parts, done = [], 0
    for head in _SQL_HEAD.finditer(sql):
        found = _value_after(head) if head.end() >= done else None
        if found is not None and re.search(r"\w", found["value"]):
            parts += [sql[done : found.start("value")], MASK]
            done = found.end("value")
    return "".join([*parts, sql[done:]])


def _value_after(head: re.Match[str]) -> re.Match[str] | None:
    sql, at = head.string, head.end()
    if head["operator"] == ":" and (found := _JSON.match(sql, at)):
        return found
    if sql.count("'", sql.rfind("\n", 0, at) + 1, at) % 2 == 0:
        return _LITERAL.match(sql, at)
    found = _IN_A_LITERAL.match(sql, at)
    # `password=x` is an address, `token = x` in a literal is code to be executed.
    return found or (_BARE.match(sql, at) if head["operator"] == ":" or not head["blank"] else None)


# PostgreSQL quotes row data in its messages; names of columns and tables stay.
ROW_DATA_PATTERNS: tuple[SensitivePattern, ...] = (
    _pattern(
        "row contains",
        r"(row contains (?:\([^()\n]*\) = )?\()(?:.*?(?=\)\.?(?:$|\\n|[\"']))|.*\Z)",
        rf"\1{MASK}",
        _ANYWHERE,
    ),
    _pattern(
        "key (",
        r"\b([Kk]ey \([^\n]*?\)=\()(?:[\s\S]{0,4000}?(?=\)(?:$|\.(?:$|[\s\"'\\])|[\"'\\]"
        r"| already exists| is not present| is still referenced| is duplicated| conflicts with))"
        r"|[^\n]*)",
        rf"\1{MASK}",
        re.MULTILINE,
    ),
    _pattern(
        "copy ",
        r"(\bCOPY [^\n]+?, line \d+(?:, column [^:\n]+)?: \\*\")[^\n]*(\")",
        rf"\1{MASK}\2",
    ),
    _pattern(
        "invalid input|out of range|malformed",
        r"((?:invalid input (?:syntax|value) for (?:type|enum) [^:\n]+"
        r"|(?:date/time|interval) field value out of range|malformed (?:array|range|record)"
        r" literal): \\*\")[^\n]*(\")",
        rf"\1{MASK}\2",
    ),
    _pattern("out of range", r"(\bvalue \\*\")[^\n]*(\\*\" is out of range)", rf"\1{MASK}\2"),
    _pattern("parameters: ", r"(\bportal[^\n]* with parameters: )[^\n]+", rf"\1{MASK}"),
    _pattern("json data, line", r"(\bJSON data, line \d+: )[^\n]+", rf"\1{MASK}"),
    _pattern("token ", r"(\bToken \\*\")[^\n]*(\" is invalid)", rf"\1{MASK}\2"),
)

EMAIL_PATTERNS: tuple[SensitivePattern, ...] = (
    _pattern("@", r"(?<![\w.%+-])[\w.%+-]{1,100}(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", MASK),
)
