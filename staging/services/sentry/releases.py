"""Releases: their dates, deploys, files and artifact bundles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gonogo.clock import Clock, rfc3339
from staging.services.sentry.asking import Refused
from staging.services.stranger import listed

VERSION = re.compile(r"(?:(?P<package>[^@]+)@)?(?P<raw>.+)")
FORBIDDEN = re.compile(r"[\n\t\r\f\v/\\]|^\.{1,2}$|^$|^latest$")
MOST_CHARACTERS = 200


@dataclass(kw_only=True)
class Release:
    """One version that was announced, deployed, or seen in an event."""

    number: int
    version: str
    created: str
    released: str | None = None
    ref: str | None = None
    commits: list[Mapping[str, Any]] = field(default_factory=list)
    deploys: list[dict[str, Any]] = field(default_factory=list)
    files: dict[tuple[str, str | None], dict[str, Any]] = field(default_factory=dict)


class Releases:
    """All releases, and the bundles of source maps that were uploaded."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Release] = {}
        self.bundles: list[dict[str, Any]] = []

    def all(self) -> list[Release]:
        """Return them, newest first."""
        return list(self._known.values())[::-1]

    def get(self, version: str) -> Release:
        """Return the release; raises Refused (404) when it is not known."""
        if version not in self._known:
            raise Refused(404, "The requested resource does not exist")
        return self._known[version]

    def known(self, version: str) -> bool:
        """Whether there is such a release."""
        return version in self._known

    def touch(self, version: str) -> Release:
        """Return the release, made where it was not known; raises Refused for no valid name."""
        if FORBIDDEN.search(version) or len(version) > MOST_CHARACTERS:
            raise Refused(400, f"Release with name {version} is invalid")
        if version not in self._known:
            number = len(self._known) + 1
            made = Release(number=number, version=version, created=self._now())
            self._known[version] = made
        return self._known[version]

    def change(self, release: Release, given: Mapping[str, Any]) -> None:
        """Take over what ``sentry-cli releases`` sets."""
        release.ref = given.get("ref") or release.ref
        release.released = given.get("dateReleased") or release.released
        release.commits = listed(given.get("commits")) or release.commits

    def deploy(self, release: Release, given: Mapping[str, Any]) -> dict[str, Any]:
        """Note a deploy of *release*; raises Refused when it names no environment."""
        if not given.get("environment"):
            raise Refused(400, "environment: This field is required.")
        made = {
            "id": str(len(release.deploys) + 1),
            "environment": given["environment"],
            "name": given.get("name"),
            "url": given.get("url"),
            "dateStarted": given.get("dateStarted"),
            "dateFinished": given.get("dateFinished") or self._now(),
        }
        release.deploys.insert(0, made)
        return made

    def add_file(  # noqa: PLR0913 - what a file is
        self,
        release: Release,
        *,
        name: str,
        dist: str | None,
        sha1: str,
        size: int,
        headers: Mapping[str, str],
    ) -> dict[str, Any]:
        """Note a file of *release*; raises Refused (409) when it has one of that name."""
        if (name, dist) in release.files:
            detail = "A file matching this name already exists for the given release"
            raise Refused(409, detail)
        made = {
            "id": str(len(release.files) + 1),
            "name": name,
            "dist": dist,
            "headers": dict(headers),
            "size": size,
            "sha1": sha1,
            "dateCreated": self._now(),
        }
        release.files[name, dist] = made
        return made

    def add_bundle(self, bundle: Mapping[str, Any]) -> None:
        """Note a bundle of source maps with its ``bundleId``, release, dist and files."""
        release, dist, files = bundle["release"], bundle["dist"], bundle["files"]
        self.bundles = [each for each in self.bundles if each["bundleId"] != bundle["bundleId"]]
        self.bundles.insert(
            0,
            {
                "bundleId": bundle["bundleId"],
                "associations": [{"release": release, "dist": dist}] if release else [],
                "date": self._now(),
                "dateModified": self._now(),
                "fileCount": len(files),
                "files": files,
            },
        )

    def bundles_for(self, query: str) -> list[dict[str, Any]]:
        """Return the bundles whose id, release or debug id has *query*, without their files."""
        return [
            {key: value for key, value in each.items() if key != "files"}
            for each in self.bundles
            if query in each["bundleId"]
            or any(query in (one["release"] or "") for one in each["associations"])
            or any(query == one["debugId"] for one in each["files"])
        ]

    def _now(self) -> str:
        return rfc3339(self._clock.now())


def shape(
    release: Release, *, project: Mapping[str, Any], events: Sequence[str], new_issues: int
) -> dict[str, Any]:
    """Return the JSON of a release; *events* are the times of its events, oldest first."""
    parts = VERSION.fullmatch(release.version)
    assert parts is not None
    return {
        "id": release.number,
        "version": release.version,
        "shortVersion": parts["raw"],
        "versionInfo": {
            "package": parts["package"],
            "version": {"raw": parts["raw"]},
            "description": parts["raw"],
            "buildHash": None,
        },
        "status": "open",
        "ref": release.ref,
        "url": None,
        "dateReleased": release.released,
        "dateCreated": release.created,
        "data": {},
        "newGroups": new_issues,
        "owner": None,
        "commitCount": len(release.commits),
        "lastCommit": release.commits[0] if release.commits else None,
        "deployCount": len(release.deploys),
        "lastDeploy": _named(release.deploys[0]) if release.deploys else None,
        "authors": [],
        "firstEvent": events[0] if events else None,
        "lastEvent": events[-1] if events else None,
        "currentProjectMeta": {},
        "userAgent": None,
        "projects": [
            {
                "id": int(project["id"]),
                "slug": project["slug"],
                "name": project["name"],
                "platform": project["platform"],
                "platforms": ["javascript"],
                "hasHealthData": project["hasSessions"],
                "newGroups": new_issues,
            }
        ],
    }


def _named(deploy: Mapping[str, Any]) -> dict[str, Any]:
    return {**deploy, "name": deploy["name"] or deploy["environment"]}
