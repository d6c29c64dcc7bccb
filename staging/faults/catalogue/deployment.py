"""A deployment that is not what its script, its platform or its address says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from staging.faults.fault import control, fault
from staging.faults.text_file import TextFile
from staging.faults.whole_clone import WholeClone
from staging.services.switches import Break
from staging.services.vercel.service import Production, Vercel

VERCEL = "DEP-V.1 DEP-V.2 DEP-V.3 DEP-V.4"
PAGE = "<!doctype html><title>CRM</title><div id=root></div>"
SIGN_IN = (
    "<!doctype html><title>Authentication Required</title>"
    '<a href="https://vercel.com/sso-api?url=https%3A%2F%2Fcrm.test%2F">Sign in</a>'
)
OTHER_COMMIT = "b" * 40
LIST, ONE, EVENTS = "/v7/deployments", "/v13/deployments/*", "/v3/deployments/*"
Change = Callable[[dict[str, Any]], None]


def _listed(clone: WholeClone, change: Change) -> None:
    """Let the platform's list describe the newest deployment otherwise."""
    told = clone.vercel("GET", LIST).json()
    change(told["deployments"][0])
    clone.answer(Vercel.name, LIST, json.dumps(told))


def _alone(clone: WholeClone, change: Change) -> None:
    """Let the platform describe the live deployment otherwise."""
    live = clone.company.state(Vercel.name)["live"]
    told = clone.vercel("GET", f"/v13/deployments/{live}").json()
    change(told)
    clone.answer(Vercel.name, ONE, json.dumps(told))


def _log(clone: WholeClone, *lines: str) -> None:
    """Let the build's log have these lines."""
    clone.answer(Vercel.name, EVENTS, json.dumps([{"type": "stdout", "text": t} for t in lines]))


def _script(clone: WholeClone) -> TextFile:
    return TextFile(clone.deployment / "deploy-vercel.sh")


# What the address serves, whatever the platform says.


@fault(fails="DEP-V.3 DEP-V.4", phase="phase2")
def the_edge_serves_the_deployment_before(clone: WholeClone) -> None:
    """The platform says ready and promoted, but its edge still serves the older deployment."""
    clone.older_deployment()
    clone.company.turn_on(Production.name, Break.STALE)


@fault(fails="DEP-V.4", phase="phase2")
def a_cache_keeps_the_older_page(clone: WholeClone) -> None:
    """A cache in front of production keeps the page of the build before; all else is new."""
    page = clone.served("dist/index.html").text
    clone.serve("/", page.replace("/assets/index-", "/assets/old-"), content_type="text/html")


@fault(errors="DEP-V.4", phase="phase2")
def the_platforms_own_sign_in_stands_before_the_page(clone: WholeClone) -> None:
    """Deployment protection was switched on: Vercel asks who is there before it serves the page."""
    clone.serve("/", SIGN_IN, status=401, content_type="text/html")


@fault(fails="DEP-V.4", phase="phase2")
def a_style_sheet_is_answered_by_the_page(clone: WholeClone) -> None:
    """Production answers the application's page where its style sheet should be."""
    clone.serve("/assets/*.css", PAGE, content_type="text/html")


@fault(fails="DEP-V.3", phase="phase2")
def the_page_answers_for_health(clone: WholeClone) -> None:
    """The application's page answers where the health should, with HTTP 200."""
    clone.serve("/health", PAGE, content_type="text/html")


@fault(fails="DEP-V.3", phase="phase2")
def health_says_unavailable(clone: WholeClone) -> None:
    """The right commit answers, and says that it cannot serve anybody."""
    said = json.dumps({"status": "unavailable", "commit": clone.instance.commit})
    clone.serve("/health", said, status=503, content_type="application/json")


@fault(fails="DEP-V.3 DEP-V.4", phase="phase2")
def the_page_answers_for_the_configuration(clone: WholeClone) -> None:
    """The application's page answers where its configuration should."""
    clone.serve("/config.json", PAGE, content_type="text/html")


@fault(fails="DEP-V.3", phase="phase2")
def health_names_another_commit(clone: WholeClone) -> None:
    """The server part of an older release still answers for health."""
    said = json.dumps({"status": "ok", "commit": OTHER_COMMIT})
    clone.serve("/health", said, content_type="application/json")


@fault(errors="DEP-V.3 DEP-V.4", phase="phase2")
def production_does_not_answer(clone: WholeClone) -> None:
    """Production's address hangs up on everybody, and the platform says that all is well."""
    clone.company.turn_on(Production.name, Break.DOWN)


# The values that are served.


@fault(fails="DEP-V.3 DEP-V.4", phase="phase2")
def served_configuration_names_another_project(clone: WholeClone) -> None:
    """The platform's variable for Supabase is that of a project of somebody else."""
    clone.set_runtime(VITE_SUPABASE_URL="http://127.0.0.1:9")


@fault(fails="DEP-V.4", phase="phase2")
def bundle_is_built_for_another_project(clone: WholeClone) -> None:
    """A script was built with the address of another Supabase project."""
    other = "https://qxwvolderprojectsref.supabase.co"
    clone.served("dist/assets/SignIn-*.js").append(f'globalThis.u="{other}";')


@fault(fails="DEP-V.4", phase="phase2")
def a_flag_is_off_that_the_env_file_says_is_on(clone: WholeClone) -> None:
    """The platform's variable for the new contacts was never switched on."""
    clone.set_runtime(VITE_FEATURE_CONTACTS_REDESIGN="false")


@fault(fails="DEP-V.4", phase="phase2")
def errors_are_reported_to_another_project(clone: WholeClone) -> None:
    """The served address for errors is that of another Sentry project."""
    address = clone.company.addresses["sentry"].replace("//", f"//{'0' * 32}@")
    clone.set_runtime(VITE_SENTRY_DSN=f"{address}/4999")


@fault(fails="DEP-V.4", phase="phase2")
def the_rollout_begins_too_high(clone: WholeClone) -> None:
    """Another share of the users than the env file says is let in."""
    clone.set_runtime(VITE_ROLLOUT_PERCENTAGE="42")


# What the platform says.


@fault(fails=f"{VERCEL.removesuffix(' DEP-V.4')}", phase="phase2")
def another_commit_was_deployed_since(clone: WholeClone) -> None:
    """Somebody deployed another commit to production after the release."""

    def another(each: dict[str, Any]) -> None:
        each["meta"] = {"githubCommitSha": OTHER_COMMIT}

    _listed(clone, another)
    _alone(clone, another)


@fault(fails="DEP-V.3 DEP-V.4", phase="phase2")
def production_was_rolled_back(clone: WholeClone) -> None:
    """Somebody rolled production back to the deployment before."""
    clone.roll_back(clone.older_deployment())


@fault(fails="DEP-V.3", phase="phase2")
def the_deployment_is_staged(clone: WholeClone) -> None:
    """The deployment is ready, but was never promoted."""
    _alone(clone, lambda each: each.update(readySubstate="STAGED"))


@fault(fails="DEP-V.3", phase="phase2")
def a_preview_took_productions_place(clone: WholeClone) -> None:
    """Production's address leads to a preview."""
    _alone(clone, lambda each: each.update(target=None))


@fault(fails="DEP-V.2", phase="phase2")
def the_build_is_still_queued(clone: WholeClone) -> None:
    """The script is done, and the platform has not begun to build."""
    clone.target.replace("[deployment]\n", "[deployment]\nbuild_timeout_s = 1\n")
    _listed(clone, lambda each: each.update(readyState="QUEUED", readySubstate=None))


@fault(fails="DEP-V.2", phase="phase2")
def the_newest_build_failed(clone: WholeClone) -> None:
    """The newest build ended in an error; production still serves the one before it."""
    _listed(
        clone,
        lambda each: each.update(readyState="ERROR", errorMessage="npm run build exited with 1"),
    )


@fault(fails="DEP-V.2", phase="phase2")
def the_build_swallowed_an_error(clone: WholeClone) -> None:
    """The build's command goes on after a compiler's error and ends well."""
    _log(clone, "> vite build", "src/App.tsx(9,1): error TS2304: Cannot find name 'x'.", "done")


@fault(errors="DEP-V.2", phase="phase2")
def the_builds_log_is_gone(clone: WholeClone) -> None:
    """The platform has thrown the build's log away."""
    _log(clone)


@fault(fails="DEP-V.1", phase="phase2")
def changes_were_uploaded_that_nobody_committed(clone: WholeClone) -> None:
    """What was uploaded is not what the commit says: the tree had changes."""
    _listed(clone, lambda each: each["meta"].update(gitDirty="1"))


@fault(fails="DEP-V.1", phase="phase2")
def the_tree_was_changed_behind_the_script(clone: WholeClone) -> None:
    """A file of the repository that was deployed is not as in the release's commit."""
    clone.source("src/main.tsx").append("// a hotfix of the night")


# The platform cannot be asked.


@fault(errors=VERCEL, phase="phase2")
def the_platform_is_down(clone: WholeClone) -> None:
    """The platform's API hangs up; what was deployed goes on serving."""
    clone.company.turn_on(Vercel.name, Break.DOWN)


@fault(errors=VERCEL, phase="phase2")
def the_platforms_key_is_refused(clone: WholeClone) -> None:
    """The key for the platform has been withdrawn."""
    clone.company.turn_on(Vercel.name, Break.FORBIDDEN)


@fault(errors=VERCEL, phase="phase2")
def the_key_is_of_another_project(clone: WholeClone) -> None:
    """The platform answers, for another project."""
    clone.company.turn_on(Vercel.name, Break.WRONG_PROJECT)


@fault(errors=VERCEL, phase="phase2")
def the_platform_answers_half(clone: WholeClone) -> None:
    """The platform's answers end half-way."""
    clone.company.turn_on(Vercel.name, Break.MALFORMED)


# The script: the run itself deploys.


@fault(fails=VERCEL, phase="phase2", before="deploy")
def the_script_deploys_a_preview(clone: WholeClone) -> None:
    """The script says production and deploys a preview, which is healthy."""
    _script(clone).replace("production) options+=(--prod) ;;", "production) ;;")
    clone.commit()


@fault(fails="DEP-V.1", phase="phase2", before="deploy")
def the_script_goes_on_after_failed_tests(clone: WholeClone) -> None:
    """A test fails, the script goes on without a question, and all of it ends well."""
    clone.source("server/settings.test.ts").append(
        'import { test as last } from "vitest";\nlast("fails", () => { throw new Error("no"); });'
    )
    _script(clone).replace("if ! npm run test; then", "npm run test || true\n  if false; then")
    clone.commit()


@fault(fails="DEP-V.3", phase="phase2", before="deploy")
def the_script_fails_after_the_deployment(clone: WholeClone) -> None:
    """Everything is deployed and serves, and the script ends with exit status 3."""
    _script(clone).append("exit 3")
    clone.commit()


@fault(not_run=VERCEL, phase="phase2", before="deploy")
def nobody_has_deployed_yet(clone: WholeClone) -> None:
    """The checks are run before anybody has deployed."""
    clone.instance = replace(clone.instance, acts_by_itself=False)


@fault(not_run="DEP-V.1", phase="phase2")
def deployed_by_hand(clone: WholeClone) -> None:
    """The release was deployed by hand: nobody saw whether the script's own checks passed."""
    # Another id: what the script said is on record for the box it deployed.
    done = (*clone.instance.done, "deploy")
    clone.instance = replace(clone.instance, id=f"{clone.instance.id}-by-hand", done=done)


@control(phase="phase2")
def the_platform_asks_to_wait_once(clone: WholeClone) -> None:
    """The platform's limit is reached once, and a moment later it answers."""
    clone.company.turn_on(Vercel.name, Break.LIMITED, times=1)


@control(phase="phase2")
def an_older_deployment_is_there_too(clone: WholeClone) -> None:
    """The platform keeps the deployment before the release, as it does everywhere."""
    clone.older_deployment()
