"""Who the box's services are, the keys they know, and what the platform tells the product."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

from gonogo.services import ServiceAccess
from staging.api_keys import PROJECT_REF, api_key
from staging.services.company import Order
from staging.services.netlify.production import NetlifyProduction
from staging.services.netlify.service import Netlify
from staging.services.posthog import PostHog
from staging.services.pulse import Pulse
from staging.services.sentry import Sentry
from staging.services.service import Service
from staging.services.slack import Slack
from staging.services.supabase import Supabase
from staging.services.vercel.service import Production, Vercel

SERVICES: Mapping[str, type[Service]] = {
    service.name: service
    for service in (
        *(Supabase, Pulse, Sentry, PostHog, Slack),
        *(Vercel, Production, Netlify, NetlifyProduction),
    )
}
SENTRY_ORG = "logosvision"
SENTRY_PROJECT = "crm"
SENTRY_PROJECT_ID = "4501"
POSTHOG_PROJECT_ID = 7301
VERCEL_TEAM_ID = "team_logosvision00000000001"
VERCEL_TEAM = "logosvision"
VERCEL_PROJECT_ID = "prj_logosvisioncrm000000001"
VERCEL_PROJECT = "logos-vision-crm"
NETLIFY_SITE_ID = "5b1f7e1c-0000-4000-8000-000000000001"
NETLIFY_SITE = "logos-vision-crm"
PRODUCTION_OF = {"vercel": Production.name, "netlify": NetlifyProduction.name}
"""Where each platform serves production."""
SWITCHED_ON = (
    "VITE_FEATURE_CONTACTS_REDESIGN",
    "VITE_FEATURE_PRIORITIES_FEED",
    "VITE_FEATURE_AI_INSIGHTS",
    "VITE_FEATURE_RELATIONSHIP_SCORING",
    "VITE_FEATURE_BULK_CONTACT_IMPORT",
    "VITE_FEATURE_INCREMENTAL_SYNC",
)
SUPABASE_URL = "VITE_SUPABASE_URL"
PROJECT_URL = f"https://{PROJECT_REF}.supabase.co"
NOT_THE_PLATFORMS = frozenset(
    {
        *("SENTRY_AUTH_TOKEN", "SENTRY_URL", "SENTRY_ORG", "SENTRY_PROJECT"),
        *("HOST", "PORT", "RUNTIME_ENV_FILE"),
    }
)
"""What a person would not set there: the first upload source maps, the rest a server is told."""
NOT_BUILT_IN = {
    "variables": "*",
    "read_by": r"import\.meta\.env|process\.env|loadEnv|%VITE_",
    "sources": ["src/*", "index.html", "vite.config.*"],
}
"""A build that reads no such variable is the same whatever their values: it is kept."""
STAFF = {
    "admin": "ada@logosvision.example",
    "fundraiser": "femi@logosvision.example",
    "member": "mika@logosvision.example",
}
"""The people of ``seed.sql``, in the order of their numbers there."""


def _made_up(prefix: str) -> Any:  # noqa: ANN401 - dataclasses.field is typed as Any
    return field(default_factory=lambda: f"{prefix}{secrets.token_urlsafe(24)}", repr=False)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Every key of one box, made up at its start; none shows in its repr."""

    jwt_secret: str = _made_up("")
    management_token: str = _made_up("sbp_")
    pulse_key: str = _made_up("pulse_")
    pulse_webhook_secret: str = _made_up("whsec_")
    sentry_public_key: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    sentry_token: str = _made_up("sntrys_")
    posthog_token: str = _made_up("phc_")
    posthog_key: str = _made_up("phx_")
    slack_token: str = _made_up("xoxb-")
    vercel_token: str = _made_up("vercel_")
    netlify_token: str = _made_up("nfp_")
    pulse_box_key: str = _made_up("")
    gemini_key: str = _made_up("gemini_")
    password: str = _made_up("")

    def values(self) -> tuple[str, ...]:
        """Return them all, to be masked."""
        return tuple(astuple(self))


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the platform finds what is on this machine."""

    node_modules: Path
    """Installed packages; they and the builds are kept by content from one box to the next."""
    builds: Path
    runtime_file: Path
    """Variables that the product's server lays over the platform's while it runs."""


def platform_variables(
    example: Mapping[str, str], keys: Keys, addresses: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the product's variables as the platform holds them: those of its example, filled."""
    dsn = addresses["sentry"].replace("//", f"//{keys.sentry_public_key}@")
    given = {
        SUPABASE_URL: addresses["supabase"],
        "VITE_SUPABASE_ANON_KEY": api_key("anon", keys.jwt_secret),
        "VITE_PULSE_API_URL": addresses["pulse"],
        "VITE_PULSE_API_KEY": keys.pulse_key,
        "PULSE_WEBHOOK_SECRET": keys.pulse_webhook_secret,
        "VITE_GEMINI_API_KEY": keys.gemini_key,
        "VITE_SENTRY_DSN": f"{dsn}/{SENTRY_PROJECT_ID}",
        "VITE_SENTRY_TRACES_SAMPLE_RATE": "1.0",
        "VITE_POSTHOG_API_KEY": keys.posthog_token,
        "VITE_POSTHOG_HOST": addresses["posthog"],
        "VITE_PERFORMANCE_SAMPLE_RATE": "1.0",
        "VITE_APP_URL": addresses["vercel-production"],
        "VITE_API_URL": f"{addresses['vercel-production']}/api",
        "VITE_ROLLOUT_PERCENTAGE": "100",
        **dict.fromkeys(SWITCHED_ON, "true"),
    }
    return {**{key: example[key] for key in example if key not in NOT_THE_PLATFORMS}, **given}


def orders(
    keys: Keys,
    addresses: Mapping[str, str],
    *,
    dsn: str,
    variables: Mapping[str, str],
    places: Places,
) -> tuple[Order, ...]:
    """Return what to start, and what each service knows."""
    options: Mapping[str, Mapping[str, Any]] = {
        Supabase.name: {
            "dsn": dsn,
            "jwt_secret": keys.jwt_secret,
            "anon_key": variables["VITE_SUPABASE_ANON_KEY"],
            "service_role_key": api_key("service_role", keys.jwt_secret),
            "project_ref": PROJECT_REF,
            "management_token": keys.management_token,
            "users": [
                {"id": staff_id(n), "email": email, "password": keys.password}
                for n, email in enumerate(STAFF.values(), start=1)
            ],
        },
        Pulse.name: {
            "keys": [keys.pulse_key],
            "box_key": keys.pulse_box_key,
            "webhook_secret": keys.pulse_webhook_secret,
            "webhook_url": f"{addresses[Production.name]}/api/pulse/webhook",
        },
        Sentry.name: {
            "org": SENTRY_ORG,
            "project": SENTRY_PROJECT,
            "project_id": SENTRY_PROJECT_ID,
            "public_key": keys.sentry_public_key,
            "auth_token": keys.sentry_token,
        },
        PostHog.name: {
            "project_id": POSTHOG_PROJECT_ID,
            "api_token": keys.posthog_token,
            "personal_key": keys.posthog_key,
        },
        Slack.name: {"token": keys.slack_token},
        Vercel.name: {
            "token": keys.vercel_token,
            "team_id": VERCEL_TEAM_ID,
            "team_slug": VERCEL_TEAM,
            "project_id": VERCEL_PROJECT_ID,
            "project_name": VERCEL_PROJECT,
            "environment": dict(variables),
            "node_modules": str(places.node_modules),
            "build_cache": str(places.builds),
            "withheld": NOT_BUILT_IN,
            "serve": {"environment": {"RUNTIME_ENV_FILE": str(places.runtime_file)}},
        },
        Netlify.name: {
            "token": keys.netlify_token,
            "site_id": NETLIFY_SITE_ID,
            "site_name": NETLIFY_SITE,
            "account_id": VERCEL_TEAM,
            "environment": {
                **variables,
                "VITE_APP_URL": addresses[NetlifyProduction.name],
                "VITE_API_URL": f"{addresses[NetlifyProduction.name]}/api",
            },
            "serve": {"environment": {"RUNTIME_ENV_FILE": str(places.runtime_file)}},
        },
    }
    return tuple(
        Order(
            name=name,
            service=f"{service.__module__}:{service.__qualname__}",
            options=options.get(name, {}),
        )
        for name, service in SERVICES.items()
    )


def accesses(keys: Keys, addresses: Mapping[str, str]) -> Mapping[str, ServiceAccess]:
    """Return how checks ask the services, by name."""
    known: Mapping[str, tuple[str, Mapping[str, str]]] = {
        Vercel.name: (keys.vercel_token, {"team": VERCEL_TEAM_ID, "project": VERCEL_PROJECT}),
        Netlify.name: (keys.netlify_token, {"site": NETLIFY_SITE_ID}),
        Sentry.name: (
            keys.sentry_token,
            {"organization": SENTRY_ORG, "project": SENTRY_PROJECT},
        ),
        PostHog.name: (
            keys.posthog_key,
            {"project": str(POSTHOG_PROJECT_ID), "key": keys.posthog_token},
        ),
        Pulse.name: (
            keys.pulse_key,
            {"change_path": "/box/contacts/{id}", "change_key": keys.pulse_box_key},
        ),
    }
    return {
        name: ServiceAccess(name=name, url=addresses[name], token=token, names=names, stand_in=True)
        for name, (token, names) in known.items()
    }


def staff_id(number: int) -> str:
    """Return the user id of a person of ``seed.sql``, made there in the same way."""
    return str(UUID(md5(f"staff-{number}".encode(), usedforsecurity=False).hexdigest()))
