"""The support desk's tool as a user runs it: in a terminal, against the API over HTTP."""

import os
import re
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pexpect

from devstack.package import ROOT
from tests.world import TICKET, World

FOR = ("--ticket", TICKET)
CONTRACT = ("--method", "prior_contract", "--proof", "contract_url=https://files.example/contract-1")

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Ended:
    """What the terminal showed, without colours, and the exit code."""

    text: str
    code: int


def has(ended: Ended, *words: str, code: int = 0) -> str:
    """Returns the output, which must contain these words in this order."""
    assert ended.code == code, ended.text
    assert re.search(".*".join(map(re.escape, words)), ended.text, re.DOTALL), ended.text
    return ended.text


@contextmanager
def served(world: World) -> Iterator[str]:
    """Serves the world's gateway on a local port; returns its URL."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode() if length else None
            answer = world.gateway.request(self.command, self.path, raw_body=body, headers=dict(self.headers))
            content = (answer.text or "").encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 -- the names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- as http.server names it
            """Logs nothing: the terminal is under test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal, 250 columns wide by default, in which a support agent types."""

    url: str
    token: str
    columns: int = 250

    def run(self, *arguments: str, answer: str | None = None, **more: str) -> Ended:
        """Runs one command; ``answer`` is typed when it asks. ``more`` are environment variables."""
        return self._run([sys.executable, "-m", "desk", *arguments], answer, more)

    def run_from_bash(self, *arguments: str) -> Ended:
        """Runs one command of a shell, for commands that depend on the shell that started them."""
        command = shlex.join([sys.executable, "-m", "desk", *arguments])
        return self._run(["bash", "-c", f"{command}; exit $?"], None, {})

    def _run(self, command: list[str], answer: str | None, more: Mapping[str, str]) -> Ended:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DESK_"))}
        own = {"DESK_API_URL": self.url, "DESK_TOKEN": self.token}
        environment = {**kept, "COLUMNS": str(self.columns), "TERM": "xterm-256color", **own, **more}
        child: pexpect.spawn[str] = pexpect.spawn(
            command[0], command[1:], cwd=str(ROOT), env=environment, encoding="utf-8",
            dimensions=(60, self.columns), timeout=30,
        )  # fmt: skip
        text = ""
        if answer is not None:
            child.expect(r"(\[y/N\]|The e-mail address of \S+): ")
            text = f"{child.before}{child.after}"
            child.sendline(answer)
        child.expect(pexpect.EOF)
        text += str(child.before)
        child.close()
        return Ended(_ESCAPES.sub("", text).replace("\r\n", "\n"), int(child.exitstatus or 0))
