from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.services import ServiceAccess
from gonogo.vendors.hosting import LogLine
from gonogo.vendors.netlify import Netlify
from gonogo.vendors.transport import Transport
from gonogo.vendors.vercel import Vercel

COMMIT = "0123456789abcdef0123456789abcdef01234567"
VERCEL_DEPLOYMENT = {
    "id": "dpl_1",
    "uid": "dpl_1",
    "url": "crm-abc.vercel.app",
    "readyState": "READY",
    "readySubstate": "PROMOTED",
    "target": "production",
    "createdAt": 1_790_000_000_000,
    "meta": {"githubCommitSha": COMMIT},
}
PROJECT = {"id": "prj_1", "name": "crm", "targets": {"production": {"id": "dpl_1"}}}
DEPLOY = {
    "id": "d1",
    "state": "ready",
    "context": "production",
    "deploy_ssl_url": "https://d1--crm.netlify.app",
    "created_at": "2026-09-20T10:00:00Z",
    "commit_ref": COMMIT,
}
SITE = {"id": "s1", "name": "crm", "published_deploy": DEPLOY}


class Answers:
    """A vendor that knows these paths, and remembers how it was asked."""

    def __init__(self, by_path: Mapping[str, Any]) -> None:
        self._by_path = by_path
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        body = self._by_path.get(request.url.path)
        return httpx.Response(404, json={}) if body is None else httpx.Response(200, json=body)


def transport(answers: Answers, **names: str) -> Transport:
    access = ServiceAccess(name="platform", url="https://api.test", token="t", names=names)
    return Transport(access=access, via=httpx.MockTransport(answers))


def vercel(project: Any = PROJECT, /, **by_path: Any) -> Vercel:  # noqa: ANN401
    paths = {f"/{name.replace('__', '/')}": body for name, body in by_path.items()}
    answers = Answers({"/v9/projects/crm": project, **paths})
    return Vercel(transport(answers, project="crm", team="team_1"))


def netlify(site: Any = SITE, /, **by_path: Any) -> Netlify:  # noqa: ANN401
    paths = {f"/api/v1/{name.replace('__', '/')}": body for name, body in by_path.items()}
    return Netlify(transport(Answers({"/api/v1/sites/crm": site, **paths}), site="crm"))


def one_on_vercel(**parts: Any) -> Any:  # noqa: ANN401
    [found] = vercel(v7__deployments={"deployments": [{**VERCEL_DEPLOYMENT, **parts}]}).newest()
    return found


def one_on_netlify(**parts: Any) -> Any:  # noqa: ANN401
    [found] = netlify(sites__s1__deploys=[{**DEPLOY, **parts}]).newest()
    return found


class TestVercel:
    def test_a_live_deployment_is_read_with_all_that_matters(self) -> None:
        live = vercel(v13__deployments__dpl_1=VERCEL_DEPLOYMENT).live()
        assert live is not None
        assert (live.address, live.state) == ("https://crm-abc.vercel.app", "READY PROMOTED")
        assert (live.is_ready, live.has_ended, live.is_live, live.is_production) == (True,) * 4
        assert (live.commit, live.is_dirty) == (COMMIT, False)
        assert str(live).startswith("dpl_1, production, READY PROMOTED, commit 0123456789ab, made")

    def test_the_team_is_named_with_every_question(self) -> None:
        answers = Answers({"/v9/projects/crm": {**PROJECT, "targets": None}})
        assert Vercel(transport(answers, project="crm", team="team_1")).live() is None
        assert [url.params["teamId"] for url in answers.asked] == ["team_1"]

    def test_without_a_team_none_is_named(self) -> None:
        answers = Answers({"/v9/projects/crm": {**PROJECT, "targets": {}}})
        assert Vercel(transport(answers, project="crm")).live() is None
        assert "teamId" not in answers.asked[0].params

    def test_the_newest_comes_first_whatever_the_order_of_the_list(self) -> None:
        older = {**VERCEL_DEPLOYMENT, "uid": "dpl_0", "createdAt": 1}
        found = vercel(v7__deployments={"deployments": [older, VERCEL_DEPLOYMENT]}).newest()
        assert [each.id for each in found] == ["dpl_1", "dpl_0"]

    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            ({"readyState": "QUEUED", "readySubstate": None}, (False, False, False)),
            ({"readyState": "BUILDING", "readySubstate": None}, (False, False, False)),
            ({"readyState": "ERROR", "readySubstate": None}, (False, True, False)),
            ({"readySubstate": "STAGED"}, (True, True, False)),
        ],
    )
    def test_a_state_says_ready_ended_and_live(
        self, parts: dict[str, Any], expected: tuple[bool, ...]
    ) -> None:
        found = one_on_vercel(**parts)
        assert (found.is_ready, found.has_ended, found.is_live) == expected

    def test_a_preview_a_dirty_tree_and_an_error_are_told(self) -> None:
        meta = {"gitDirty": "1", "gitCommitSha": "f" * 40, "githubCommitSha": COMMIT}
        found = one_on_vercel(target=None, meta=meta, errorMessage="the build failed")
        assert (found.is_production, found.is_dirty, found.commit) == (False, True, "f" * 40)
        assert str(found).endswith("UTC: the build failed")
        assert "preview, READY PROMOTED, commit ffffffffffff with uncommitted changes" in str(found)
        assert "no commit" in str(one_on_vercel(meta=None))

    def test_the_log_has_the_lines_and_which_are_errors(self) -> None:
        events = [{"text": "a"}, {"text": "b", "level": "error"}, {"type": "delimiter"}]
        log = vercel(v3__deployments__dpl_1__events=events).build_log("dpl_1")
        assert log == (LogLine(text="a"), LogLine(text="b", is_error=True))

    def test_the_projects_name_proves_that_it_can_be_read(self) -> None:
        assert vercel().name() == "crm"

    def test_another_project_tells_nothing(self) -> None:
        with pytest.raises(CannotTell, match="another project"):
            vercel({**PROJECT, "name": "crm-old"}).newest()

    @pytest.mark.parametrize("body", [{}, [], {"id": "prj_1", "name": "crm", "targets": "yes"}])
    def test_what_is_not_understood_tells_nothing(self, body: Any) -> None:  # noqa: ANN401
        with pytest.raises(CannotTell, match="not understood"):
            vercel(body).live()

    def test_what_is_not_there_tells_nothing(self) -> None:
        with pytest.raises(CannotTell, match="could not be asked"):
            vercel().live()


class TestNetlify:
    def test_the_sites_name_proves_that_it_can_be_read(self) -> None:
        assert netlify().name() == "crm"

    def test_the_published_deploy_is_read_with_all_that_matters(self) -> None:
        live = netlify().live()
        assert live is not None
        assert (live.address, live.state) == ("https://d1--crm.netlify.app", "ready, published")
        assert (live.is_ready, live.has_ended, live.is_live, live.is_production) == (True,) * 4
        assert (live.commit, live.names_commit) == (COMMIT, True)

    def test_a_site_without_a_published_deploy_has_none(self) -> None:
        assert netlify({"id": "s1", "name": "crm"}).live() is None

    @pytest.mark.parametrize(
        ("state", "ready", "ended"),
        [("uploading", False, False), ("error", False, True), ("current", True, True)],
    )
    def test_a_state_says_ready_and_ended(self, *, state: str, ready: bool, ended: bool) -> None:
        found = one_on_netlify(id="d2", state=state)
        assert (found.is_ready, found.has_ended, found.is_live) == (ready, ended, False)

    def test_the_commit_may_stand_in_the_title(self) -> None:
        assert one_on_netlify(commit_ref=None, title=f"release {COMMIT}").commit == COMMIT
        found = one_on_netlify(commit_ref=None, title=None)
        assert (found.commit, found.names_commit) == ("", False)

    def test_drafts_are_left_out_and_the_newest_comes_first(self) -> None:
        older = {**DEPLOY, "id": "d0", "created_at": "2026-09-19T10:00:00.000Z"}
        draft = {**DEPLOY, "id": "d9", "context": "deploy-preview"}
        found = netlify(sites__s1__deploys=[older, draft, DEPLOY]).newest()
        assert [each.id for each in found] == ["d1", "d0"]

    def test_the_log_is_the_deploys_own_summary(self) -> None:
        messages = [{"type": "info", "title": "22 files"}, {"type": "error", "title": "no rule"}]
        said = {**DEPLOY, "summary": {"messages": messages}, "error_message": "broken"}
        assert netlify(deploys__d1=said).build_log("d1") == (
            LogLine(text="Netlify: deploy ready"),
            LogLine(text="22 files"),
            LogLine(text="no rule", is_error=True),
            LogLine(text="broken", is_error=True),
        )
        assert netlify(deploys__d1=DEPLOY).build_log("d1") == (
            LogLine(text="Netlify: deploy ready"),
        )

    @pytest.mark.parametrize("named", ["s1", "crm", "crm.netlify.app", "crm.example.org"])
    def test_a_site_has_several_names(self, named: str) -> None:
        site = {**SITE, "custom_domain": "crm.example.org"}
        answers = Answers({f"/api/v1/sites/{named}": site})
        assert Netlify(transport(answers, site=named)).live() is not None

    def test_another_site_tells_nothing(self) -> None:
        with pytest.raises(CannotTell, match="another site"):
            netlify({**SITE, "name": "crm-old"}).newest()

    @pytest.mark.parametrize("body", [{}, {**SITE, "published_deploy": {"id": "d1"}}])
    def test_what_is_not_understood_tells_nothing(self, body: Any) -> None:  # noqa: ANN401
        with pytest.raises(CannotTell, match="not understood"):
            netlify(body).live()
