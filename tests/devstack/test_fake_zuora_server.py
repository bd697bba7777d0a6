"""The life of the fake's server: where it listens, how it stops, what it keeps, how it runs alone."""

import signal
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from urllib3.exceptions import HTTPError

from devstack.zuora import FakeZuora, fake_zuora
from tests.devstack.raw import CLIENT_ID, CLIENT_SECRET, Raw, person, until

ROOT = Path(__file__).parents[2]


def test_stopping_does_not_wait_for_a_stall() -> None:
    with ThreadPoolExecutor() as threads:
        with fake_zuora(port=0, client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as fake:
            raw = Raw(fake)
            fake.fail("GET /v1", "timeout_after")
            stalled = threads.submit(raw.send, "GET", "/v1/contacts/x", read_timeout=30)
            until(lambda: any(request["path"] == "/v1/contacts/x" for request in fake.requests))
            began = time.monotonic()
        assert time.monotonic() - began < 5
        with pytest.raises(HTTPError):
            stalled.result(timeout=10)


def test_records_can_outlive_the_server(tmp_path: Path) -> None:
    kept = tmp_path / "zuora.json"
    with fake_zuora(port=0, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, kept_in=kept) as fake:
        made = fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person()})

    with fake_zuora(port=0, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, kept_in=kept) as fake:
        account = fake.do("GET", f"/v1/accounts/{made['accountId']}")
        later = fake.do("POST", "/v1/accounts", {"name": "Next"})

    assert account["billToContact"]["firstName"] == "Ada"
    assert later["accountNumber"] == "A00000002"


def test_it_listens_on_the_loopback_only(fake: FakeZuora) -> None:
    assert fake.url.startswith("http://127.0.0.1:")


def test_a_client_that_hangs_up_is_not_logged(fake: FakeZuora, raw: Raw, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", int(fake.url.rpartition(":")[2]))) as rude:
        rude.sendall(b"GET /v1/contacts/x HTTP/1.1\r\n")
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset

    assert raw.send("GET", "/v1/contacts/x").status == 404
    assert capfd.readouterr().err == ""


def test_a_bug_in_the_fake_is_loud(
    fake: FakeZuora, raw: Raw, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(fake, "faults")

    with pytest.raises(HTTPError):
        raw.token()
    monkeypatch.undo()

    assert "AttributeError" in capfd.readouterr().err


def test_it_runs_alone_until_it_is_told_to_stop() -> None:
    credentials = ["--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET]
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "devstack.zuora", *credentials], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert Raw(FakeZuora(url=url, client_id="", client_secret="")).token().status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
