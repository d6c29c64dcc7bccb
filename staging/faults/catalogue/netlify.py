"""The same release on Netlify, deployed there by its own command, and what goes wrong with it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

from staging.faults.fault import control, fault
from staging.faults.whole_clone import WholeClone
from staging.services.netlify.production import NetlifyProduction
from staging.services.netlify.service import Netlify
from staging.services.switches import Break

NETLIFY = "DEP-N.1 DEP-N.2 DEP-N.3"
OTHER_COMMIT = "b" * 40
NAME_COMMIT = 'netlify env:set COMMIT_SHA "$(git rev-parse HEAD)"'
DEPLOY = "netlify deploy --prod --no-build"
BUILDS = 'command = "npm run build"'


def _is_the_platform(clone: WholeClone) -> None:
    address = clone.company.addresses[NetlifyProduction.name]
    clone.instance = replace(clone.instance, app_url=address)
    clone.target.replace('platforms = ["vercel"]', 'platforms = ["netlify"]')
    clone.target.replace('checks_end = "^== Deployment"', "build_timeout_s = 1")


def _deployed(clone: WholeClone, *commands: str, exit_status: int = 0) -> None:
    """Let somebody deploy by these commands, with the files that Vercel has built already."""
    built = clone.served("dist/index.html").path.parent
    shutil.copytree(built, clone.repository / "dist", dirs_exist_ok=True)
    _is_the_platform(clone)
    done = subprocess.run(
        ["sh", "-c", " && ".join(commands or (NAME_COMMIT, DEPLOY))],
        cwd=clone.repository,
        env=clone.opening.command_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != exit_status:
        raise subprocess.CalledProcessError(done.returncode, "netlify", done.stdout, done.stderr)
    clone.instance = replace(clone.instance, done=(*clone.instance.done, "deploy"))


def _deploys_itself(clone: WholeClone, build: str) -> None:
    """Let the run deploy, with this command to build."""
    _is_the_platform(clone)
    line = f"{NAME_COMMIT} && netlify deploy --prod"
    action = f"[actions.deploy]\ncommand = ['sh', '-c', '{line}']\n"
    clone.target.replace_between("[actions.deploy]", 'answer = "yes" }]', action)
    clone.source("netlify.toml").replace(BUILDS, f'command = "{build}"')
    clone.commit()


@control(phase="phase2")
def on_netlify(clone: WholeClone) -> None:
    """The release is deployed on Netlify."""
    _deployed(clone)


@fault(fails="DEP-N.3", phase="phase2")
def netlifys_edge_serves_the_deploy_before(clone: WholeClone) -> None:
    """The deploy is published, and the edge still serves the files of the one before."""
    change = "for each in dist/assets/index-*.css; do echo '/* new */' >> $each; done"
    _deployed(clone, NAME_COMMIT, DEPLOY, change, DEPLOY)
    clone.company.turn_on(NetlifyProduction.name, Break.STALE)


@fault(fails=NETLIFY, phase="phase2")
def a_draft_is_deployed_to_netlify(clone: WholeClone) -> None:
    """The command was given without --prod: there is a draft, and no production."""
    _deployed(clone, NAME_COMMIT, "netlify deploy --no-build")


@fault(fails=NETLIFY, phase="phase2", before="deploy")
def the_build_for_netlify_fails(clone: WholeClone) -> None:
    """The build ends in an error, so nothing is deployed."""
    _deploys_itself(clone, "exit 3")


@fault(fails="DEP-N.1", phase="phase2", before="deploy")
def the_build_for_netlify_swallows_an_error(clone: WholeClone) -> None:
    """The build goes on after a compiler's error, and what it leaves is published."""
    _deploys_itself(clone, "npm run build; echo 'src/App.tsx(9,1): error TS2304: x'")


@fault(fails="DEP-N.2", phase="phase2")
def the_commit_on_netlify_is_the_one_before(clone: WholeClone) -> None:
    """The site's variable with the commit is that of the release before."""
    _deployed(clone, f"netlify env:set COMMIT_SHA {OTHER_COMMIT}", DEPLOY)


@fault(fails="DEP-N.3", phase="phase2")
def a_flag_is_off_on_netlify(clone: WholeClone) -> None:
    """The site's variable for the new contacts was never switched on."""
    _deployed(clone)
    clone.set_runtime(VITE_FEATURE_CONTACTS_REDESIGN="false")


@fault(fails="DEP-N.1 DEP-N.2", errors="DEP-N.3", phase="phase2")
def the_deploy_on_netlify_is_never_ready(clone: WholeClone) -> None:
    """Netlify takes all files and goes on processing them."""
    clone.company.turn_on(Netlify.name, Break.NEVER, method="PUT", path="/api/v1/deploys/*")
    _deployed(clone, NAME_COMMIT, f"NETLIFY_DEPLOY_TIMEOUT_S=1 {DEPLOY}", exit_status=1)


@fault(errors=NETLIFY, phase="phase2")
def netlifys_key_is_refused(clone: WholeClone) -> None:
    """The key for Netlify has been withdrawn."""
    _deployed(clone)
    clone.company.turn_on(Netlify.name, Break.UNAUTHORIZED)


@fault(errors=NETLIFY, phase="phase2")
def netlifys_key_is_of_another_site(clone: WholeClone) -> None:
    """Netlify answers, for another site."""
    _deployed(clone)
    clone.company.turn_on(Netlify.name, Break.WRONG_PROJECT)
