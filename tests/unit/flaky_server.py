"""A misbehaving HTTP server, which counts requests and answers late, wrongly or not at all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class FlakyServer:
    """Its address, its answer (None: none, and the connection stays open), and the requests it got."""

    url: str = ""
    answer: tuple[int, bytes] | None = (200, b"{}")
    hangs_up: bool = False
    requests: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def flaky_server() -> Iterator[FlakyServer]:
    """Runs one on a free local port."""
    side, over = FlakyServer(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            side.requests += 1
            if side.hangs_up:
                self.close_connection = True
                return
            if side.answer is None:
                over.wait()
                return
            status, body = side.answer
            self.send_response(status)
            for name, value in {**side.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    side.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield side
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()
