"""The endpoints of releases, their deploys, files and source maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gonogo.clock import rfc3339
from staging.services.sentry.asking import Refused, json_object, paged
from staging.services.sentry.releases import Release, shape
from staging.services.sentry.uploads import CHUNK_BYTES, bundle, form, sha1
from staging.services.stranger import listed

if TYPE_CHECKING:
    from staging.services.sentry.service import Sentry


class ReleaseRoutes:
    """What Sentry knows of releases, and how it is told."""

    def __init__(self, service: Sentry) -> None:
        self._service = service

    def _release(self, request: Request) -> Release:
        self._service.notice_releases()
        return self._service.releases.get(request.path_params["version"])

    def _shape(self, request: Request, release: Release) -> dict[str, Any]:
        version = release.version
        store = self._service.store
        times = sorted(e.happened for e in store.errors() if e.fields["release"] == version)
        first = [min(each.events, key=lambda e: e.happened) for each in store.issues()]
        return shape(
            release,
            project=self._service.shown_account(request).summary(seen=True),
            events=[rfc3339(when) for when in times],
            new_issues=sum(each.fields["release"] == version for each in first),
        )

    async def listed(self, request: Request) -> Response:
        """List releases whose version holds the query."""
        self._service.notice_releases()
        wanted = request.query_params.get("query", "")
        found = [each for each in self._service.releases.all() if wanted in each.version]
        return paged(request, [self._shape(request, each) for each in found])

    async def created(self, request: Request) -> Response:
        """Create a release; 208 when it was known."""
        given = await json_object(request)
        if not given.get("projects"):
            raise Refused(400, "projects: This field is required.")
        known = self._service.releases.known(str(given.get("version", "")))
        release = self._service.releases.touch(str(given.get("version", "")))
        self._service.releases.change(release, given)
        return JSONResponse(self._shape(request, release), status_code=208 if known else 201)

    async def one(self, request: Request) -> Response:
        """Return one release."""
        return JSONResponse(self._shape(request, self._release(request)))

    async def changed(self, request: Request) -> Response:
        """Finalize a release, or set its commits; makes it where it is not known."""
        release = self._service.releases.touch(request.path_params["version"])
        self._service.releases.change(release, await json_object(request))
        return JSONResponse(self._shape(request, release))

    async def deploys(self, request: Request) -> Response:
        """List the deploys of a release, newest first."""
        return paged(request, self._release(request).deploys)

    async def deployed(self, request: Request) -> Response:
        """Note a deploy."""
        release = self._release(request)
        made = self._service.releases.deploy(release, await json_object(request))
        return JSONResponse(made, status_code=201)

    async def files(self, request: Request) -> Response:
        """List the files of a release; those of artifact bundles are not among them."""
        wanted = request.query_params.getlist("query")
        found = [
            each
            for each in self._release(request).files.values()
            if all(part in each["name"] for part in wanted)
        ]
        return paged(request, found)

    async def filed(self, request: Request) -> Response:
        """Take one file of a release."""
        release = self._release(request)
        parts = form(request.headers.get("content-type", ""), await request.body())
        by_name = {part.name: part for part in parts}
        if "file" not in by_name:
            raise Refused(400, "Missing uploaded file")
        content = by_name["file"].content
        texts = {part.name: part.content.decode("utf-8") for part in parts if part.name != "file"}
        made = self._service.releases.add_file(
            release,
            name=texts.get("name") or by_name["file"].filename or "file",
            dist=texts.get("dist"),
            sha1=sha1(content),
            size=len(content),
            headers=dict(_header(part.content) for part in parts if part.name == "header"),
        )
        return JSONResponse(made, status_code=201)

    async def bundles(self, request: Request) -> Response:
        """List the artifact bundles of the project."""
        query = request.query_params.get("query", "")
        return paged(request, self._service.releases.bundles_for(query))

    async def bundle_files(self, request: Request) -> Response:
        """Return one bundle with its files."""
        for each in self._service.releases.bundles:
            if each["bundleId"] == request.path_params["bundle_id"]:
                associated = (each["associations"] or [{"release": None, "dist": None}])[0]
                return JSONResponse({**each, **associated})
        raise Refused(404, "The provided bundle_id does not exist")

    async def upload_options(self, _request: Request) -> Response:
        """Tell the command line how to upload."""
        org, address = self._service.account.org, self._service.account.address
        return JSONResponse(
            {
                "url": f"{address}/api/0/organizations/{org}/chunk-upload/",
                "chunkSize": CHUNK_BYTES,
                "chunksPerRequest": 64,
                "maxFileSize": 2 * 1024**3,
                "maxRequestSize": 32 * 1024 * 1024,
                "concurrency": 2,
                "hashAlgorithm": "sha1",
                "compression": ["gzip"],
                "accept": ["release_files", "sources", "artifact_bundles", "artifact_bundles_v2"],
            }
        )

    async def uploaded(self, request: Request) -> Response:
        """Take pieces of files."""
        parts = form(request.headers.get("content-type", ""), await request.body())
        self._service.chunks.take(parts)
        return Response(status_code=200)

    async def assembled(self, request: Request) -> Response:
        """Put a bundle of source maps together once all pieces are there."""
        given = await json_object(request)
        chunks, projects = listed(given.get("chunks")), listed(given.get("projects"))
        if not chunks or not given.get("checksum"):
            raise Refused(400, "Missing chunks or checksum")
        if self._service.account.project not in projects:
            raise Refused(400, "One or more projects are invalid")
        if missing := self._service.chunks.missing(chunks):
            return JSONResponse({"state": "not_found", "missingChunks": missing})
        try:
            content = self._service.chunks.assembled(chunks, given["checksum"])
            made = bundle(content, release=given.get("version"), dist=given.get("dist"))
        except Refused as refused:
            failed = {"state": "error", "detail": str(refused), "missingChunks": []}
            return JSONResponse(failed)
        self._service.releases.add_bundle(made)
        return JSONResponse({"state": "ok", "detail": None, "missingChunks": []})


def _header(given: bytes) -> tuple[str, str]:
    """Return a file's header, as ``Sourcemap:app.js.map``; raises Refused when it is none."""
    name, colon, value = given.decode("utf-8").partition(":")
    if not colon:
        raise Refused(400, "header value was not formatted correctly")
    return name, value.strip()
