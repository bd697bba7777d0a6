"""Many accounts from a CSV: resumable, rate-limited, with a report of failures (R53)."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from rich.console import Console

from desk import bulk_import
from desk.bulk_import import Journal, Pace, Reply, Stopped, WrongFile, import_accounts, over_http, wanted_in
from tests.world import TICKET, World


class Clock:
    """A clock that advances only while somebody waits."""

    def __init__(self) -> None:
        self.now, self.waits = 0.0, list[float]()

    def pace(self, a_second: float = 5) -> Pace:
        return Pace(a_second, lambda: self.now, self._wait)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def api(world: World) -> bulk_import.Send:
    """The real API, without the network."""

    def send(zuora_id: str) -> Reply:
        body = {"zuora_account_id": zuora_id, "ticket_url": TICKET}
        answer = world.call("POST", "/v1/support/billing-accounts", world.support(), body)
        seconds = answer.headers.get("Retry-After")
        return Reply(int(answer.status), answer.json, float(seconds) if seconds else None)

    return send


def csv_of(folder: Path, ids: list[str]) -> Path:
    file = folder / "accounts.csv"
    file.write_text("name,zuora_account_id\n" + "".join(f"Somebody,{each}\n" for each in ids))
    return file


def ran(file: Path, send: bulk_import.Send, *, again: bool = False) -> tuple[int, str]:
    """One run; its exit code, and what it printed."""
    console = Console(file=io.StringIO(), width=200)
    code = bulk_import.run(file, send=send, pace=Clock().pace(), console=console, again=again)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def test_all_accounts_are_imported_and_failures_are_reported(world: World, tmp_path: Path) -> None:
    """R53: new ones, one that was here, one that Zuora does not know, one that is no id; each line once."""
    known, *new = [world.zuora_account(f"owner{number}@acme.example") for number in range(4)]
    world.ok("POST", "/v1/support/billing-accounts", world.support(), {"zuora_account_id": known, "ticket_url": TICKET})
    file = csv_of(tmp_path, [known, *new, new[0], "0" * 32, "no id!"])
    code, printed = ran(file, api(world))
    assert code == bulk_import.EXIT_FAILURES
    assert "3 imported, 1 known before, 2 failed, 0 left of 6." in printed
    assert "zuora_account_not_found" in printed
    assert "not_an_id" in printed
    assert len(world.items("Accounts")) == len(_accounts(world)) + len(_reservations(world))
    assert len(_accounts(world)) == 4


def _accounts(world: World) -> list[Any]:
    return [each for each in world.items("Accounts") if each["key"]["S"].startswith("acc_")]


def _reservations(world: World) -> list[Any]:
    return [each for each in world.items("Accounts") if not each["key"]["S"].startswith("acc_")]


def test_an_outage_stops_the_run_and_the_next_resumes(world: World, tmp_path: Path) -> None:
    """R53, R57: nothing is imported twice, nothing is left out."""
    ids = [world.zuora_account(f"owner{number}@acme.example") for number in range(5)]
    file, asked = csv_of(tmp_path, ids), list[str]()

    def send(zuora_id: str) -> Reply:
        asked.append(zuora_id)
        if len(asked) > 2 and not healed:
            return Reply(503, {"code": "zuora_unavailable"}, 30)
        return api(world)(zuora_id)

    healed: list[bool] = []
    code, printed = ran(file, send)
    assert (code, asked) == (bulk_import.EXIT_UNAVAILABLE, [*ids[:2], *[ids[2]] * bulk_import.TRIES])
    assert "2 imported, 0 known before, 0 failed, 3 left of 5." in printed
    healed.append(True)
    asked.clear()
    code, printed = ran(file, send)
    assert (code, asked) == (bulk_import.EXIT_DONE, ids[2:])
    assert "5 imported" in printed
    asked.clear()
    assert ran(file, send)[0] == bulk_import.EXIT_DONE
    assert asked == []


def test_a_run_that_crashes_before_writing_its_journal_is_repaired(world: World, tmp_path: Path) -> None:
    """R53: the account is then known; an incomplete line counts as missing."""
    file = csv_of(tmp_path, [world.zuora_account()])
    journal = Journal(tmp_path / "accounts.csv.journal.jsonl")
    assert api(world)(wanted_in(file)[0]).status == 201
    journal.path.write_text('{"zuora_account_id": "x", "outc')
    code, printed = ran(file, api(world))
    assert (code, "0 imported, 1 known before" in printed) == (bulk_import.EXIT_DONE, True)
    assert [entry.outcome for entry in journal.read().values()] == ["known"]


def test_failures_are_retried_only_on_request(world: World, tmp_path: Path) -> None:
    """R53: Zuora may know by then what it did not know before."""
    file = csv_of(tmp_path, ["A00000001"])
    assert ran(file, api(world))[0] == bulk_import.EXIT_FAILURES
    world.zuora_account(accountNumber="A00000001")
    assert ran(file, api(world))[0] == bulk_import.EXIT_FAILURES
    assert ran(file, api(world), again=True)[0] == bulk_import.EXIT_DONE


def test_a_person_without_rights_is_told_at_once(world: World, tmp_path: Path) -> None:
    """R60: nothing is written into the journal."""
    file = csv_of(tmp_path, ["a", "b"])

    def send(_zuora_id: str) -> Reply:
        body = {"zuora_account_id": "a", "ticket_url": TICKET}
        answer = world.call("POST", "/v1/support/billing-accounts", world.person("olga@acme.example"), body)
        return Reply(int(answer.status), answer.json)

    code, printed = ran(file, send)
    assert (code, "Only the support desk can do this" in printed) == (bulk_import.EXIT_NOT_ALLOWED, True)
    assert not file.with_name("accounts.csv.journal.jsonl").exists()


def test_a_wrong_ticket_stops_the_run_and_fails_no_account(tmp_path: Path) -> None:
    """R60, R53: every account would fail because of it, and would have to be retried."""
    errors = [{"field": "ticket_url", "message": "must be the link to a ticket"}]
    refused = Reply(422, {"code": "validation_failed", "detail": "Some fields are not right.", "errors": errors})
    file = csv_of(tmp_path, ["a", "b"])
    code, printed = ran(file, lambda _id: refused)
    assert (code, "must be the link to a ticket" in printed) == (bulk_import.EXIT_USAGE, True)
    assert Journal(file.with_name("accounts.csv.journal.jsonl")).read() == {}
    other = Reply(422, {**refused.document, "errors": [{"field": "zuora_account_id", "message": "is too long"}]})
    code, printed = ran(file, lambda _id: other)
    assert (code, printed.count("zuora_account_id: is too long.")) == (bulk_import.EXIT_FAILURES, 2)


def test_it_keeps_its_rate_and_waits_as_told(tmp_path: Path) -> None:
    """R53: so many a second; 429 and 503 say for how long, otherwise the waits double."""
    clock, replies = Clock(), [Reply(200, {"id": "acc_1"})] * 3 + [Reply(429, {}, 7), Reply(0, {}), Reply(500, {})]
    replies.append(Reply(201, {"id": "acc_2"}))
    made = import_accounts(
        ["a", "b", "c", "d"],
        send=lambda _id: replies.pop(0),
        journal=Journal(tmp_path / "journal"),
        pace=clock.pace(2),
    )
    assert [entry.outcome for entry in made] == ["known", "known", "known", "imported"]
    assert clock.waits == [0.5, 0.5, 0.5, 7, 2.0, 4.0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("zuora_account_id\na\nb\na\n", ["a", "b"]),
        ("\ufeffName,ZUORA_ACCOUNT_ID\nAcme, a \n,\nBeta,b\n", ["a", "b"]),
        ("a\n\nb\n", ["a", "b"]),
    ],
)
def test_a_csv_is_read_in_its_usual_variants(tmp_path: Path, text: str, wanted: list[str]) -> None:
    file = tmp_path / "some.csv"
    file.write_text(text)
    assert wanted_in(file) == wanted


@pytest.mark.parametrize("text", ["", "\n\n", "name,number\nAcme,1\n"])
def test_a_csv_without_ids_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "some.csv"
    file.write_text(text)
    with pytest.raises(WrongFile):
        wanted_in(file)
    arguments = [str(file), "--ticket", TICKET, "--api-url", "http://127.0.0.1:9"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK_TOKEN", "token")
        assert bulk_import.main(arguments) == bulk_import.EXIT_USAGE


@contextmanager
def listening(seen: list[Any]) -> Iterator[str]:
    """A server that answers like the API; its requests go into ``seen``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers["Authorization"], self.headers["Idempotency-Key"], body))
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"id": "acc_1"}')

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_over_http_it_is_one_request_with_a_key_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R26: the same account under the same ticket is the same request."""
    seen: list[Any] = []
    monkeypatch.setenv("DESK_TOKEN", "a-token")
    with listening(seen) as url:
        assert bulk_import.main([str(csv_of(tmp_path, ["a"])), "--ticket", TICKET, "--api-url", url]) == 0
        assert over_http(url, lambda: "a-token", TICKET)("a") == Reply(201, {"id": "acc_1"})
    assert over_http(url, lambda: "a-token", TICKET)("a") == Reply(0, {})
    first, second = seen
    assert first == second
    assert first[:2] == ("/v1/support/billing-accounts", "Bearer a-token")
    assert first[3] == {"zuora_account_id": "a", "ticket_url": TICKET}
    assert "1 imported" in capsys.readouterr().out


def test_a_service_that_stays_unavailable_ends_the_run(tmp_path: Path) -> None:
    """R57: after five attempts; the account stays to be done."""
    clock = Clock()
    run = import_accounts(
        ["a"], send=lambda _id: Reply(0, {}), journal=Journal(tmp_path / "journal"), pace=clock.pace()
    )
    with pytest.raises(Stopped):
        list(run)
    assert not (tmp_path / "journal").exists()


def test_an_account_of_the_agent_does_not_stop_the_run(world: World, tmp_path: Path) -> None:
    """R67, R53: a colleague imports it; the others continue."""
    world.zuora_account("sue@support.example", accountNumber="A00000001")
    world.zuora_account("olga@acme.example", accountNumber="A00000002")
    file = csv_of(tmp_path, ["A00000001", "A00000002"])
    code, printed = ran(file, api(world))
    assert (code, "own_address" in printed) == (bulk_import.EXIT_FAILURES, True)
    journal = Journal(file.with_name("accounts.csv.journal.jsonl")).read()
    assert [entry.outcome for entry in journal.values()] == ["failed", "imported"]
