"""MiniStack as a child process: the local AWS, on 127.0.0.1, with IAM enforced."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devstack.problems import StackProblem

START_SECONDS = 60
STOP_SECONDS = 15


def free_port() -> int:
    """A TCP port that nobody on 127.0.0.1 listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int, name: str) -> None:
    """Refuses a port that is taken, naming the setting that chose it."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise StackProblem(f"Port {port} is already in use; set {name} to another one, or leave it unset.")


@contextmanager
def ministack(*, executable: Path, folder: Path, port: int, persist: bool) -> Iterator[str]:
    """Runs MiniStack until the block ends; yields its endpoint URL.

    Its log is ``<folder>/ministack.log``. Raises StackProblem if it does not come up.
    """
    endpoint = f"http://127.0.0.1:{port}"
    scratch = folder / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", str(folder)),
        "TMPDIR": str(scratch),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("MINISTACK_LOG_LEVEL", "INFO"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    if persist:
        environment |= {"PERSIST_STATE": "1", "STATE_DIR": str(folder / "state")}
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
    """Ends the process and the Lambda workers that it started (its own process group)."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
