"""A box with its services for one fault at a time: opened once, taken back after each."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.clones import create_clone, drop_database
from gonogo.provider import Instance
from staging.faults.box import REPORTS, TEMPLATE, target_file
from staging.faults.checked_items import machine_items
from staging.faults.every_fault import HEALTHY
from staging.faults.fault import Fault
from staging.faults.running import observe
from staging.faults.whole_clone import WholeClone, deploy_older
from staging.opening import Opening
from staging.services.supabase import Supabase
from staging.services.vercel.service import Vercel
from staging.stack import DATABASE, DONE_IN_A_WHOLE_BOX, Stack

DEPLOY = "deploy"
DEPLOYING = "phase2"
"""The phase whose checks judge the product's own deployment script."""
MIGRATED = tuple(name for name in DONE_IN_A_WHOLE_BOX if name != DEPLOY)


class WholeBox:
    """Database, services and product; what a fault did is gone before the next one."""

    def __init__(self, settings: Settings, *, root: Path, workspace: Path) -> None:
        workspace.mkdir(mode=0o700)
        self._root = root
        self._workspace = workspace
        self._id = secrets.token_hex(6)
        self._stack = Stack(settings, root=root, workspace=workspace)
        self._opening = Opening(self._stack, settings, root=root, workspace=workspace)
        self._dossier: Path | None = None
        """What the product's own deployment left behind, while the platform still has it."""

    def start(self) -> None:
        """Open the box, and make its database the template of all clones.

        Raises:
            CannotTell: a part did not start, or the product did not deploy.
        """
        self._opening.start(lambda _: None, database=DATABASE, stack_id=self._id, whole=True)
        self._opening.company.reset(Supabase.name)  # it must let go of the database
        create_clone(self._stack.server.dsn(), TEMPLATE, template=DATABASE)

    def stop(self) -> None:
        """Stop all of it; its data goes with it."""
        self._opening.stop()
        self._stack.stop()

    @contextmanager
    def clone_for(self, fault: Fault) -> Iterator[WholeClone]:
        """Give the box as the checks of the fault's phase need it.

        Raises:
            CannotTell: it cannot be prepared.
        """
        deployed_by_script = fault.phase == DEPLOYING and fault.before != DEPLOY
        if deployed_by_script and self._dossier is None:
            self._deploy_by_script()
        folder = self._workspace / f"fault-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        try:
            with ThreadPoolExecutor(max_workers=1) as pool:
                filling = pool.submit(self._fill_database)
                instance = self._instance(folder.name, fault)
                self._set_services_back(instance, keeps_deployment=deployed_by_script)
                filling.result()
            if deployed_by_script and self._dossier is not None:
                shutil.copytree(self._dossier, folder / REPORTS)
            yield WholeClone(
                instance,
                server=self._stack.server,
                owner_dsn=self._stack.owner_dsn(DATABASE),
                target=target_file(self._root, folder),
                opening=self._opening,
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _instance(self, stack_id: str, fault: Fault) -> Instance:
        instance = self._opening.instance(DATABASE, stack_id=stack_id)
        # The script's record is found again by the instance's id: all clones are the same box.
        done = MIGRATED if fault.phase == DEPLOYING else DONE_IN_A_WHOLE_BOX
        return replace(instance, id=f"box-{self._id}", done=done)

    def _fill_database(self) -> None:
        admin = self._stack.server.dsn()
        self._opening.company.reset(Supabase.name)
        drop_database(admin, DATABASE)
        create_clone(admin, DATABASE, template=TEMPLATE)

    def _set_services_back(self, instance: Instance, *, keeps_deployment: bool) -> None:
        company = self._opening.company
        self._opening.set_runtime()
        for service in company.addresses:
            if service not in {Supabase.name, Vercel.name}:
                company.reset(service)
        if keeps_deployment:
            company.bring_back(Vercel.name)
            return
        company.reset(Vercel.name)
        self._dossier = None
        if DEPLOY in instance.done:
            self._opening.release(instance)

    def _deploy_by_script(self) -> None:
        """Run the checks on a box where nothing is broken: they deploy; keep what came of it."""
        healthy = replace(HEALTHY[DEPLOYING], before=DEPLOY)
        with self.clone_for(healthy) as clone:
            deploy_older(self._opening, clone.repository)
            seen = observe(clone, healthy, root=self._root)
            if seen.trouble or seen.states or not seen.checked:
                raise CannotTell(
                    "the product's own deployment is not all green in a healthy box",
                    where=self._opening.command_environment()["VERCEL_API"],
                    expected=f"PASS: {' '.join(machine_items(self._root, healthy))}",
                    found=seen.trouble or str({**seen.states, **seen.messages}),
                    do="run pytest -m phase2 and mend what it shows",
                )
            self._opening.company.keep(Vercel.name)
            dossier = self._workspace / "deployed-by-script"
            shutil.rmtree(dossier, ignore_errors=True)
            shutil.copytree(clone.target.path.parent / REPORTS, dossier)
            for results in dossier.glob("*/results.json"):
                results.unlink()  # those of a fault's run must be its own
            self._dossier = dossier
