"""The stack as its users start and stop it: ``python -m devstack run``."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devstack.ministack import free_ports
from devstack.package import ROOT
from devstack.portal import Portal
from devstack.stack import Stack
from tests.e2e.http_client import company, eventually
from tests.e2e.processes import alive, descendants, listeners
from tests.stack import CHOICES

STOP_SECONDS = 30


def environment(folder: Path, **chosen: object) -> Mapping[str, str]:
    """The environment of a stack in that folder, without this test run's AWS settings."""
    kept = {name: value for name, value in os.environ.items() if name not in CHOICES and not name.startswith("AWS_")}
    return {**kept, "STACK_DIR": str(folder), **{name: str(value) for name, value in chosen.items()}}


@contextmanager
def run(folder: Path, **chosen: object) -> Iterator[subprocess.Popen[str]]:
    """A stack started from the command line, once it is up; it is gone at the end, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack", "run"],
        cwd=ROOT, env=environment(folder, **chosen), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        try:
            eventually(
                lambda: described(folder).get("pid") == process.pid or process.poll() is not None, "the stack is up"
            )
            assert process.poll() is None, process.communicate()[0]
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def refused(folder: Path, **chosen: object) -> str:
    """The output of a stack that does not start; its exit code is 1 and it shows no traceback."""
    tried = subprocess.run(
        [sys.executable, "-m", "devstack", "run"],
        cwd=ROOT, env=environment(folder, **chosen), text=True, capture_output=True, timeout=STOP_SECONDS, check=False,
    )  # fmt: skip
    assert tried.returncode == 1, tried
    assert "Traceback" not in tried.stderr
    assert not (folder / "stack.json").exists() or "already" in tried.stderr
    return tried.stderr.strip()


def described(folder: Path) -> dict[str, Any]:
    """What stack.json says; nothing while there is none."""
    file = folder / "stack.json"
    said: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return said


def as_stack(folder: Path) -> Stack:
    """The stack of that folder."""
    return Stack(**{name: value for name, value in described(folder).items() if name != "pid"}, outputs={})


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_stopped_stack_leaves_only_its_log(tmp_path: Path, ending: signal.Signals) -> None:
    """Ctrl-C, kill and a closed terminal: no process, no port and no stack.json is left; the log is."""
    with run(tmp_path) as process:
        assert Portal(as_stack(tmp_path)).call("GET", "/health")[0] == 200  # so there is a Lambda worker too
        everything = descendants(process.pid)
        ports = {port for of_address in listeners(everything).values() for port in of_address}
        assert len(alive(everything)) >= 3
        assert len(ports) == 3
        scratch = Path((tmp_path / "scratch").read_text())
        assert scratch.is_dir()

        process.send_signal(ending)
        output, _ = process.communicate(timeout=STOP_SECONDS)

    assert process.returncode == 0, output
    assert output.endswith("Stopped.\n")
    assert alive(everything) == set()
    assert not (tmp_path / "stack.json").exists()
    assert not scratch.exists()
    assert "Ready" in (tmp_path / "ministack.log").read_text()
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_second_stack_runs_beside_the_first_on_chosen_ports(portal: Portal, tmp_path: Path) -> None:
    """Each has its own data; a folder has one stack at a time; a stack.json of a killed stack is no obstacle."""
    (tmp_path / "stack.json").write_text('{"pid": 1}')
    aws, zuora, issuer = free_ports(3)
    with run(tmp_path, AWS_PORT=aws, ZUORA_PORT=zuora, ISSUER_PORT=issuer):
        second = Portal(as_stack(tmp_path))
        home = company(portal)

        assert second.stack.aws_endpoint_url == f"http://127.0.0.1:{aws}"
        assert second.stack.zuora_url == f"http://127.0.0.1:{zuora}"
        assert second.stack.issuer_url == f"http://127.0.0.1:{issuer}"
        assert portal.call("GET", home.path, home.owner)[0] == 200
        same_person = second.sign_in(home.owner.name, home.owner.email)
        assert second.call("GET", home.path, same_person)[1]["code"] == "account_not_found"
        assert second.call("GET", home.path, home.owner)[1]["code"] == "unauthenticated"
        assert "A stack is running here already" in refused(tmp_path)


@pytest.mark.parametrize("name", ["AWS_PORT", "ZUORA_PORT", "ISSUER_PORT"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        expected = f"Port {port} is already in use; set {name} to another one, or leave it unset."
        assert refused(tmp_path, **{name: port}) == expected


def test_an_invalid_port_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, AWS_PORT="http") == "AWS_PORT must be a port number, not 'http'."
    (port,) = free_ports(1)
    said = refused(tmp_path, AWS_PORT=port, ISSUER_PORT=port)
    assert said == "AWS_PORT, ZUORA_PORT and ISSUER_PORT must be different ports."


def test_everything_listens_on_localhost_only(portal: Portal) -> None:
    """The stack's processes, Lambda workers among them, and this one, which serves the issuer and the fake Zuora."""
    assert portal.call("GET", "/health")[0] == 200
    found = listeners(descendants(os.getpid()))

    assert found.keys() == {"127.0.0.1"}
    urls = (portal.stack.aws_endpoint_url, portal.stack.zuora_url, portal.stack.issuer_url)
    assert {int(url.rpartition(":")[2]) for url in urls} <= found["127.0.0.1"]
