"""MiniStack as a child process: the local AWS, on 127.0.0.1, with IAM enforced."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from devstack.problems import StackProblem

MEMORY = Path("/dev/shm")  # noqa: S108 -- files go into a fresh folder of our own
PLENTY = 4 * 2**30
SCRATCH = "billing-managers-"
START_SECONDS = 60
STOP_SECONDS = 15


def free_ports(count: int) -> list[int]:
    """That many different TCP ports that nobody on 127.0.0.1 uses at the moment."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in sockets]


def require_free(port: int, name: str) -> None:
    """Refuses a port that is taken, naming the setting that chose it."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise StackProblem(f"Port {port} is already in use; set {name} to another one, or leave it unset.")


@contextmanager
def ministack(*, executable: Path, folder: Path, port: int, persist: bool) -> Iterator[str]:
    """Runs MiniStack until the block ends; yields its endpoint URL.

    Its log is ``<folder>/ministack.log``; what else it writes, unpacked functions above all, goes with it.
    Raises StackProblem if it does not come up.
    """
    endpoint = f"http://127.0.0.1:{port}"
    scratch = _scratch(folder)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", str(folder)),
        "TMPDIR": str(scratch),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",  # no ports but the one
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("MINISTACK_LOG_LEVEL", "INFO"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    if persist:
        environment |= {"PERSIST_STATE": "1", "STATE_DIR": str(folder / "state")}
        _forget_positions(folder / "state" / "lambda.json")
    log_path = folder / "ministack.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(  # a session of its own: Ctrl-C reaches us first, and we stop it
            [str(executable)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
        try:
            _wait_until_healthy(process, endpoint, log_path)
            yield endpoint
        finally:
            _stop(process)
            shutil.rmtree(scratch, ignore_errors=True)


def _scratch(folder: Path) -> Path:
    """An empty folder for temporary files; what a killed predecessor has left is removed.

    Every Lambda worker unpacks thousands of small files, so they go to memory where there is plenty of it.
    """
    note = folder / "scratch"
    left = Path(note.read_text()) if note.exists() else None
    if left is not None and left.name.startswith(SCRATCH):
        shutil.rmtree(left, ignore_errors=True)
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > PLENTY
    scratch = tempfile.mkdtemp(prefix=SCRATCH, dir=MEMORY if in_memory else folder)
    note.write_text(scratch)
    return Path(scratch)


def _forget_positions(saved: Path) -> None:
    """MiniStack keeps how far a stream was read, but not the stream, so it would wait for as many new records again.

    What was still in the stream comes by the sweep, as when AWS loses it.
    """
    if saved.exists():
        state = json.loads(saved.read_text())
        state["payload"].pop("dynamodb_stream_positions", None)
        saved.write_text(json.dumps(state))


def _wait_until_healthy(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StackProblem(f"MiniStack ended at once (exit code {process.returncode}); its log: {log}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)  # polling a child process that has no other signal
    raise StackProblem(f"MiniStack did not answer within {START_SECONDS} s; its log: {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and the Lambda workers that it started (its own process group).

    It gets time to save its data; somebody who has no patience and presses Ctrl-C again still leaves nothing behind.
    """
    try:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
