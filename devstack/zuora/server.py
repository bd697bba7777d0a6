"""The HTTP side: a threading server on 127.0.0.1 that hands calls to the fake and writes its answers."""

import gzip
import re
import select
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from devstack.zuora.answers import Answer
from devstack.zuora.calls import Call
from devstack.zuora.controls import PREFIX, control
from devstack.zuora.fake import FakeZuora

HOST = "127.0.0.1"
COMPRESSED_FROM = 1000  # bytes
DRIP_SECONDS = 0.2  # between two bytes of an answer that drips
LONGEST_STALL = 120  # seconds; Zuora itself gives up on a request then
_TRACK_ID = re.compile(r"[ -~]{1,64}")
_NOT_IN_TRACK_ID = set(":;\"'")


@contextmanager
def fake_zuora(
    *,
    port: int,
    client_id: str,
    client_secret: str,
    clock: Callable[[], float] = time.time,
    linger: float = 0.0,
    kept_in: Path | None = None,
) -> Iterator[FakeZuora]:
    """Runs a fake Zuora until the block ends. Port 0 takes any free one; ``FakeZuora.url`` says which.

    ``clock`` gives seconds since 1970; ``linger`` is for how many seconds a deleted contact can still be read (the
    real one: more than 10); ``kept_in`` is a file that keeps the records over restarts.
    """
    server = _Server((HOST, port), _Connection)
    url = f"http://{HOST}:{server.server_port}"
    fake = FakeZuora(url=url, client_id=client_id, client_secret=client_secret, clock=clock, linger=linger)
    server.fake = fake
    if kept_in is not None:
        fake.state.load(kept_in)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="fake Zuora")
    thread.start()
    try:
        yield fake
    finally:
        server.stop()
        thread.join()
        if kept_in is not None:
            fake.state.save(kept_in)


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that stopping it never waits for an idle or stalled one."""

    daemon_threads = False
    request_queue_size = 128
    fake: FakeZuora

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """As the library does, without its look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that went away is no news
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Ends the stalls, hangs up on everybody, waits for the threads."""
        self.shutdown()
        self.fake.heal()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Connection(BaseHTTPRequestHandler):
    """One connection of a client, with any number of requests."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "Zuora App"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def _serve(self) -> None:
        call = self._call()
        if call.path.startswith(PREFIX):
            self._send(control(self.server.fake, call), {})
            return
        fake = self.server.fake
        stall_ends = fake.faults.released
        with fake.limits.place(call.path) as has_place:
            answer = fake.answer(call) if has_place else fake.beyond_the_limit(call)
            if answer is None:
                self._stall(stall_ends)
            else:
                self._send(answer, fake.limits.headers(call.path) | self._ids(call))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the library looks for these names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Says nothing; the log of requests is in the fake."""

    def _call(self) -> Call:
        length = self.headers.get("Content-Length", "0")
        content = self.rfile.read(int(length)) if length.isdigit() else b""
        parts = urlsplit(self.path)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return Call(self.command, parts.path, query, self.headers, content, self.server.fake.url, {})

    def _ids(self, call: Call) -> dict[str, str]:
        track_id = self.headers.get("Zuora-Track-Id", "")
        legal = _TRACK_ID.fullmatch(track_id) and not _NOT_IN_TRACK_ID & set(track_id)
        return {"Zuora-Request-Id": call.request_id} | ({"Zuora-Track-Id": track_id} if legal else {})

    def _send(self, answer: Answer, headers: dict[str, str]) -> None:
        content, headers = answer.content, headers | dict(answer.headers)
        if not answer.drips and len(content) > COMPRESSED_FROM and "gzip" in self.headers.get("Accept-Encoding", ""):
            content, headers = gzip.compress(content), headers | {"Content-Encoding": "gzip"}
        self.send_response(answer.status)
        for name, value in ({"Content-Type": answer.content_type} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if answer.drips:
            self._drip(content)
        else:
            self.wfile.write(content)

    def _drip(self, content: bytes) -> None:
        """A byte at a time, until the client hangs up or the faults are cleared."""
        ends = self.server.fake.faults.released
        for place in range(len(content)):
            self.wfile.write(content[place : place + 1])
            self.wfile.flush()
            if ends.wait(DRIP_SECONDS):
                self.close_connection = True
                return

    def _stall(self, ends: threading.Event) -> None:
        """Holds the connection until the faults are cleared, the client hangs up or the server stops."""
        self.close_connection = True
        give_up = time.monotonic() + LONGEST_STALL
        while not ends.wait(0.05) and time.monotonic() < give_up:
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return
