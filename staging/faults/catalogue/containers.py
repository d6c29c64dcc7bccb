"""The release in containers, of which an engine's stand-in tells, and what goes wrong with them."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from staging.faults.fault import control, fault
from staging.faults.whole_clone import WholeClone
from staging.services.docker.engine import STANDS_IN_FOR, Engine, ToldContainer

OTHER_COMMIT = "b" * 40


@contextmanager
def _on_docker(clone: WholeClone) -> Iterator[Engine]:
    """Make Docker the platform, with two healthy containers of the release."""
    server = ToldContainer(service="server", variables={"COMMIT_SHA": clone.instance.commit})
    engine = Engine(project="crm", containers=[server, ToldContainer(service="web")])
    clone.instance = replace(clone.instance, stand_ins=(*clone.instance.stand_ins, STANDS_IN_FOR))
    clone.target.replace('platforms = ["vercel"]', 'platforms = ["docker"]')
    with TemporaryDirectory(prefix="engine-") as folder:  # short: so is the name of a socket
        place = Path(folder) / "docker.sock"
        section = f'socket = "{place}"\nproject = "crm"\nservices = ["server", "web"]'
        clone.target.append(f"[deployment.docker]\n{section}")
        clone.target.replace("[deployment]\n", "[deployment]\nbuild_timeout_s = 1\n")
        with engine.listening(place):
            yield engine


@control(phase="phase2")
def in_containers(clone: WholeClone) -> Generator[None]:
    """The release is deployed in containers."""
    with _on_docker(clone):
        yield


@control(phase="phase2")
def a_container_was_run_once_beside_the_services(clone: WholeClone) -> Generator[None]:
    """Somebody looked around with ``docker compose run``; what is left of it has ended."""
    with _on_docker(clone) as engine:
        once = ToldContainer(service="server", is_one_off=True, state="exited", exit_code=1)
        once.health = "unhealthy"
        engine.containers.append(once)
        yield


@fault(fails="DEP-D.1", phase="phase2")
def the_image_is_of_another_commit(clone: WholeClone) -> Generator[None]:
    """The containers are made of the image of the release before."""
    with _on_docker(clone) as engine:
        engine.of("server").variables["COMMIT_SHA"] = OTHER_COMMIT
        yield


@fault(errors="DEP-D.1", phase="phase2")
def no_image_says_its_commit(clone: WholeClone) -> Generator[None]:
    """The images were built without the commit as an argument."""
    with _on_docker(clone) as engine:
        engine.of("server").variables["COMMIT_SHA"] = "unknown"
        yield


@fault(fails="DEP-D.2 DEP-D.3", phase="phase2")
def a_container_ended(clone: WholeClone) -> Generator[None]:
    """The container of the server part ended because there was too little memory."""
    with _on_docker(clone) as engine:
        server = engine.of("server")
        server.state, server.exit_code, server.health = "exited", 137, "unhealthy"
        yield


@fault(fails="DEP-D.2", phase="phase2")
def a_container_starts_again_and_again(clone: WholeClone) -> Generator[None]:
    """The web server's container is healthy for a moment, between two of its restarts."""
    with _on_docker(clone) as engine:
        engine.of("web").restarts = 7
        yield


@fault(fails="DEP-D.2 DEP-D.3", phase="phase2")
def a_service_has_no_container(clone: WholeClone) -> Generator[None]:
    """Only one of the two services was brought up."""
    with _on_docker(clone) as engine:
        engine.containers.pop()
        yield


@fault(fails="DEP-D.3", phase="phase2")
def a_container_is_unhealthy(clone: WholeClone) -> Generator[None]:
    """The container runs, and its own health check does not get an answer."""
    with _on_docker(clone) as engine:
        server = engine.of("server")
        server.health, server.health_output = "unhealthy", "wget: can't connect to remote host"
        yield


@fault(fails="DEP-D.3", phase="phase2")
def nobody_checks_a_containers_health(clone: WholeClone) -> Generator[None]:
    """An image was built without its health check."""
    with _on_docker(clone) as engine:
        engine.of("web").health = None
        yield


@fault(fails="DEP-D.4", phase="phase2")
def an_older_container_answers(clone: WholeClone) -> Generator[None]:
    """The port leads to a container of the release before."""
    with _on_docker(clone):
        said = json.dumps({"status": "ok", "commit": OTHER_COMMIT})
        clone.serve("/health", said, content_type="application/json")
        yield


@fault(fails="DEP-D.4", phase="phase2")
def the_proxy_has_no_files(clone: WholeClone) -> Generator[None]:
    """The web server passes on what it should, and has none of the application's files."""
    with _on_docker(clone):
        clone.serve("/assets/*", "404 Not Found", status=404)
        yield


@fault(fails="DEP-D.4", phase="phase2")
def the_proxy_finds_nobody_behind_it(clone: WholeClone) -> Generator[None]:
    """The web server runs, and reaches no server part."""
    with _on_docker(clone):
        clone.serve("/*", "502 Bad Gateway", status=502, content_type="text/html")
        yield


@fault(errors="DEP-D.1 DEP-D.2 DEP-D.3", phase="phase2")
def the_engine_does_not_answer(clone: WholeClone) -> Generator[None]:
    """The engine answers every question with an error."""
    with _on_docker(clone) as engine:
        engine.is_broken = True
        yield


@fault(not_run="DEP-D.1 DEP-D.2 DEP-D.3 DEP-D.4", phase="phase2")
def there_is_no_engine(clone: WholeClone) -> None:
    """The checks are run on a machine without a container engine."""
    with _on_docker(clone):
        pass
