"""How Vercel's API words what the platform remembers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from staging.services.vercel.state import Account, Deployment, Event, Project, State, Variable

REGION = "iad1"
PLAN = "pro"
SHOWN_SETTINGS = ("buildCommand", "devCommand", "framework", "installCommand", "outputDirectory")


def pagination(count: int) -> dict[str, Any]:
    """Return the pagination of a list that fits on one page."""
    return {"count": count, "next": None, "prev": None}


def user(account: Account) -> dict[str, Any]:
    """Return the body of ``/v2/user`` for a token of limited rights."""
    return {
        "user": {
            "limited": True,
            "id": account.user_id,
            "email": account.email,
            "name": "Deployer of the box",
            "username": account.username,
            "avatar": None,
            "defaultTeamId": account.team_id,
            "version": "northstar",
        }
    }


def team(account: Account) -> dict[str, Any]:
    """Return the team with the user's role in it."""
    return {
        "id": account.team_id,
        "slug": account.team_slug,
        "name": account.team_slug,
        "avatar": None,
        "membership": {"role": account.role, "confirmed": True, "uid": account.user_id},
    }


def project(state: State, shown: Project, *, live: Deployment | None) -> dict[str, Any]:
    """Return the body of ``/v9/projects/{idOrName}``."""
    resources = {"functionDefaultRegions": [REGION]}
    body = {
        "accountId": state.account.team_id,
        "id": shown.id,
        "name": shown.name,
        "createdAt": shown.created_ms,
        "updatedAt": shown.created_ms,
        "directoryListing": False,
        "live": live is not None,
        "resourceConfig": resources,
        "defaultResourceConfig": resources,
        "autoAssignCustomDomains": shown.assigns_domains,
        "autoExposeSystemEnvs": True,
        "gitForkProtection": True,
        **shown.settings,
        "targets": {} if live is None else {"production": _target(state, live)},
        "lastAliasRequest": _last_request(state),
    }
    return body if shown.link is None else {**body, "link": dict(shown.link)}


def _target(state: State, live: Deployment) -> dict[str, Any]:
    return {
        "id": live.id,
        "name": state.project.name,
        "url": live.host,
        "alias": list(state.domains),
        "aliasAssigned": True,
        "createdAt": live.created_ms,
        "createdIn": REGION,
        "creator": _creator(state.account),
        "deploymentHostname": live.host,
        "meta": dict(live.meta),
        "plan": PLAN,
        "private": True,
        "readyState": live.state,
        "readySubstate": "PROMOTED",
        "target": "production",
        "type": "LAMBDAS",
        "userId": state.account.user_id,
    }


def _last_request(state: State) -> dict[str, Any] | None:
    last = state.last_request
    if last is None:
        return None
    return {
        "fromDeploymentId": last.from_id,
        "toDeploymentId": last.to_id,
        "jobStatus": last.status,
        "requestedAt": last.at_ms,
        "type": last.kind,
    }


def variable(each: Variable, account: Account, *, is_decrypted: bool = False) -> dict[str, Any]:
    """Return one variable; its value stays unread unless it is plain or asked for."""
    is_open = each.type == "plain" or (is_decrypted and each.type != "sensitive")
    return {
        "id": each.id,
        "key": each.key,
        "value": each.value if is_open else _sealed(each),
        "type": each.type,
        "target": list(each.targets),
        "decrypted": is_open,
        "createdAt": each.created_ms,
        "updatedAt": each.created_ms,
        "createdBy": account.user_id,
        "configurationId": None,
    }


def _sealed(each: Variable) -> str:
    """Return what the real list shows in place of the value; empty for a sensitive one."""
    if each.type == "sensitive":
        return ""
    return base64.b64encode(hashlib.sha256(each.id.encode()).digest()).decode()


def domain(name: str, project_id: str) -> dict[str, Any]:
    """Return one domain of the project."""
    apex = ".".join(name.rsplit(".", 2)[-2:])
    return {"name": name, "apexName": apex, "projectId": project_id, "verified": True}


def domain_config(*, is_configured: bool) -> dict[str, Any]:
    """Return what ``/v6/domains/{domain}/config`` says of a name's DNS records."""
    return {
        "configuredBy": "A" if is_configured else None,
        "acceptedChallenges": ["http-01"] if is_configured else [],
        "recommendedIPv4": [{"rank": 1, "value": ["127.0.0.1"]}],
        "recommendedCNAME": [{"rank": 1, "value": "cname.vercel-dns.com."}],
        "misconfigured": not is_configured,
    }


def _creator(account: Account) -> dict[str, Any]:
    return {"uid": account.user_id, "email": account.email, "username": account.username}


def _shared(state: State, shown: Project, each: Deployment, inspector: str) -> dict[str, Any]:
    """Return what a deployment says of itself in a list and alone."""
    body: dict[str, Any] = {
        "name": shown.name,
        "projectId": shown.id,
        "url": each.host,
        "type": "LAMBDAS",
        "createdAt": each.created_ms,
        "creator": _creator(state.account),
        "inspectorUrl": f"{inspector}/{state.account.team_slug}/{shown.name}/{each.id[4:]}",
        "meta": dict(each.meta),
        "target": each.target,
        "source": each.source,
        "readyState": each.state,
        "buildingAt": each.building_ms or each.created_ms,
    }
    if each.state == "READY":
        body["ready"] = each.ended_ms
        body["readySubstate"] = "PROMOTED" if each.was_live else "STAGED"
    if each.error is not None:
        body["errorCode"], body["errorMessage"] = each.error
    return body


def listed(state: State, shown: Project, each: Deployment, inspector: str) -> dict[str, Any]:
    """Return a deployment as in ``/v6/deployments``."""
    return {
        **_shared(state, shown, each, inspector),
        "uid": each.id,
        "created": each.created_ms,
        "state": each.state,
        "aliasAssigned": each.ended_ms if each.was_live else None,
        "isRollbackCandidate": is_rollback_candidate(state, each),
    }


def is_rollback_candidate(state: State, each: Deployment) -> bool:
    """Whether production can go back to it: it was live, and is not."""
    return each.was_live and each.state == "READY" and each is not state.live()


def deployment(
    state: State, shown: Project, each: Deployment, inspector: str, *, aliases: Sequence[str]
) -> dict[str, Any]:
    """Return a deployment as in ``/v13/deployments/{id}``."""
    settings: Mapping[str, Any] = {**shown.settings, **each.settings}
    body = {
        **_shared(state, shown, each, inspector),
        "id": each.id,
        "status": each.state,
        "alias": list(aliases),
        "aliasAssigned": bool(aliases),
        "aliasError": None,
        "bootedAt": each.building_ms or each.created_ms,
        "build": {"env": sorted(each.build_env)},
        "buildSkipped": False,
        "createdIn": REGION,
        "env": sorted(each.env),
        "isInConcurrentBuildsQueue": False,
        "isInSystemBuildsQueue": False,
        "ownerId": state.account.team_id,
        "plan": PLAN,
        "project": {"id": shown.id, "name": shown.name, "framework": settings["framework"]},
        "projectSettings": {name: settings.get(name) for name in SHOWN_SETTINGS},
        "public": False,
        "regions": [REGION],
        "routes": None,
        "team": {"id": state.account.team_id, "name": shown.name, "slug": state.account.team_slug},
        "version": 2,
    }
    if each.error is not None:
        body.update(buildErrorAt=each.ended_ms, errorStep="buildStep")
    return body


def event(each: Event, serial: int, deployment_id: str) -> dict[str, Any]:
    """Return one line of the build log."""
    return {
        "id": f"{each.at_ms}{serial:06d}",
        "serial": f"{each.at_ms}{serial:06d}",
        "created": each.at_ms,
        "date": each.at_ms,
        "deploymentId": deployment_id,
        "text": each.text,
        "type": each.type,
        "info": {"type": "build", "name": "bld_box", "entrypoint": "."},
    }
