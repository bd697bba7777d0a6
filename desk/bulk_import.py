"""Imports many billing accounts from a CSV of Zuora ids: over the HTTP API, in no hurry, and gone on with after a stop.

The result of each account is written to a journal beside the CSV, written before the next one is begun; a run that
is stopped, or ends because the service is away, is simply started again.
"""

import argparse
import csv
import hashlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

COLUMN = "zuora_account_id"
PATH = "/v1/support/billing-accounts"
A_SECOND = 5.0
TRIES = 5
LONGEST_WAIT = 60.0
EXIT_DONE, EXIT_FAILURES, EXIT_USAGE, EXIT_NOT_ALLOWED, EXIT_UNAVAILABLE = 0, 1, 2, 3, 5
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_NOT_ALLOWED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_OF_THIS_ONE = {"own_address", "own_record"}
"""Refusals that are about the account and not about the caller: a colleague imports it, the others go on."""
_TIMEOUT = urllib3.Timeout(connect=5, read=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered to one import. Status 0: it did not answer."""

    status: int
    document: Mapping[str, Any]
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one account: imported, known (it was here already) or failed, with the code of the refusal."""

    zuora_account_id: str
    outcome: str
    account_id: str | None = None
    code: str | None = None
    detail: str | None = None


Send = Callable[[str], Reply]
"""Asks the API to import the account with that Zuora id."""


class Stopped(Exception):
    """The run cannot continue now; the next one continues with the same account."""

    def __init__(self, why: str, exit_code: int) -> None:
        super().__init__(why)
        self.exit_code = exit_code


class WrongFile(Exception):
    """The CSV cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The file that says what is done. A last line that a crash has torn is as if it were not there."""

    path: Path

    def read(self) -> dict[str, Entry]:
        """What became of each account, by its Zuora id; the newest line counts."""
        if not self.path.exists():
            return {}
        entries = [entry for line in self.path.read_text().splitlines() if (entry := _entry(line))]
        return {entry.zuora_account_id: entry for entry in entries}

    def write(self, entry: Entry) -> None:
        """Adds a line, and sees to it that it is on the disk."""
        torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n") and self.path.stat().st_size > 0
        with self.path.open("a") as file:
            file.write(("\n" if torn else "") + json.dumps(asdict(entry)) + "\n")
            file.flush()
            os.fsync(file.fileno())


@dataclass(slots=True)
class Pace:
    """So many a second at most, on a clock and with a pause that tests can replace."""

    a_second: float = A_SECOND
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    _next: float = 0.0

    def keep(self) -> None:
        """Waits until the next one may go."""
        now = self.clock()
        if now < self._next:
            self.pause(self._next - now)
        self._next = max(now, self._next) + 1 / self.a_second


def wanted_in(file: Path) -> list[str]:
    """The Zuora ids of a CSV, each once, in its order: the column ``zuora_account_id``, or the only column there is."""
    with file.open(newline="", encoding="utf-8-sig") as opened:
        rows = [[cell.strip() for cell in row] for row in csv.reader(opened)]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise WrongFile(f"{file} has no lines.")
    head = [cell.lower() for cell in rows[0]]
    if COLUMN in head:
        place, rows = head.index(COLUMN), rows[1:]
    elif all(len(row) == 1 for row in rows):
        place = 0
    else:
        raise WrongFile(f"{file} has several columns, and none of them is called {COLUMN}.")
    return list(dict.fromkeys(row[place] for row in rows if len(row) > place and row[place]))


def import_accounts(
    wanted: Iterable[str], *, send: Send, journal: Journal, pace: Pace, again: bool = False
) -> Iterator[Entry]:
    """Imports what the journal does not have yet; yields what became of each, once it is in the journal.

    ``again`` takes up those that have failed before. Raises Stopped when the service refuses the caller, or does not
    answer for long.
    """
    done = journal.read()
    for each in wanted:
        before = done.get(each)
        if before is not None and not (again and before.outcome == "failed"):
            continue
        entry = _imported(each, send, pace)
        journal.write(entry)
        yield entry


def _imported(zuora_id: str, send: Send, pace: Pace) -> Entry:
    if not _ID.fullmatch(zuora_id):
        return Entry(zuora_id, "failed", code="not_an_id", detail="This cannot be the id of a Zuora account.")
    for attempt in range(TRIES):
        pace.keep()
        reply = send(zuora_id)
        if reply.status in _NOT_ALLOWED and reply.document.get("code") not in _OF_THIS_ONE:
            raise Stopped(str(reply.document.get("detail") or "You may not do this."), EXIT_NOT_ALLOWED)
        if not _is_for_later(reply.status):
            return _entry_of(zuora_id, reply)
        if attempt + 1 < TRIES:
            pace.pause(min(LONGEST_WAIT, reply.retry_after if reply.retry_after is not None else 2.0**attempt))
    raise Stopped("The service does not answer, or not now. Start again later; it continues here.", EXIT_UNAVAILABLE)


def _is_for_later(status: int) -> bool:
    """No answer, too many requests, or a fault of the service: the same request may well succeed in a moment."""
    return status in {0, HTTPStatus.TOO_MANY_REQUESTS} or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _entry_of(zuora_id: str, reply: Reply) -> Entry:
    if reply.status == HTTPStatus.CREATED:
        return Entry(zuora_id, "imported", account_id=str(reply.document["id"]))
    if reply.status == HTTPStatus.OK:
        return Entry(zuora_id, "known", account_id=str(reply.document["id"]))
    wrong = {str(each.get("field")): str(each.get("message")) for each in reply.document.get("errors", ())}
    if "ticket_url" in wrong:
        raise Stopped(f"The ticket: {wrong['ticket_url']}.", EXIT_USAGE)
    code, detail = reply.document.get("code"), str(reply.document.get("detail") or "")
    said = " ".join([detail, *(f"{field}: {message}." for field, message in wrong.items())])
    return Entry(zuora_id, "failed", code=str(code or reply.status), detail=said)


def _entry(line: str) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None


def over_http(
    api_url: str, token: Callable[[], str], ticket_url: str, *, http: urllib3.PoolManager | None = None
) -> Send:
    """Imports over the API. The same account under the same ticket is the same request, however often it is sent."""
    pool = http or urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def send(zuora_id: str) -> Reply:
        key = hashlib.sha256(f"{zuora_id}|{ticket_url}".encode()).hexdigest()
        headers = {
            "Authorization": f"Bearer {token()}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        body = json.dumps({COLUMN: zuora_id, "ticket_url": ticket_url})
        try:
            answer = pool.request("POST", f"{api_url.rstrip('/')}{PATH}", body=body, headers=headers)
        except urllib3.exceptions.HTTPError:
            return Reply(0, {})
        return Reply(answer.status, _document(answer.data), _seconds(answer.headers.get("Retry-After")))

    return send


def _document(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def run(
    file: Path, *, send: Send, pace: Pace, console: Console, again: bool = False, journal: Path | None = None
) -> int:
    """The whole run, with a bar and a report of what failed; returns the exit code."""
    wanted = wanted_in(file)
    kept = Journal(journal or file.with_name(f"{file.name}.journal.jsonl"))
    before = kept.read()
    left = [each for each in wanted if each not in before or (again and before[each].outcome == "failed")]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    exit_code = EXIT_DONE
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Importing", total=len(wanted), completed=len(wanted) - len(left))
        try:
            for _ in import_accounts(wanted, send=send, journal=kept, pace=pace, again=again):
                progress.advance(task)
        except Stopped as reason:
            exit_code = reason.exit_code
            console.print(f"[red]Stopped:[/] {escape(str(reason))}")
    found = {name: entry for name, entry in kept.read().items() if name in set(wanted)}
    report(found, len(wanted), console)
    failures = any(entry.outcome == "failed" for entry in found.values())
    return exit_code or (EXIT_FAILURES if failures else EXIT_DONE)


def report(found: Mapping[str, Entry], wanted: int, console: Console) -> None:
    """How many became what, and the failures one by one."""
    counts = Counter(entry.outcome for entry in found.values())
    counted = f"{counts['imported']} imported, {counts['known']} known before, {counts['failed']} failed"
    console.print(f"{counted}, {wanted - len(found)} left of {wanted}.")
    failed = [entry for entry in found.values() if entry.outcome == "failed"]
    if failed:
        table = Table("Zuora account", "Why", "Code", title="Failed", title_justify="left")
        for entry in failed:
            table.add_row(escape(entry.zuora_account_id), escape(entry.detail or ""), escape(entry.code or ""))
        console.print(table)


def main(arguments: list[str] | None = None) -> int:
    """``python -m desk.bulk_import accounts.csv``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m desk.bulk_import", description=__doc__)
    parser.add_argument("file", type=Path, help=f"a CSV with the column {COLUMN}, or with one column only")
    parser.add_argument("--ticket", required=True, help="link to the ticket that asks for this")
    parser.add_argument("--api-url", default=os.environ.get("DESK_API_URL"), help="where the API is (DESK_API_URL)")
    parser.add_argument("--per-second", type=float, default=A_SECOND, help="imports a second, at most")
    parser.add_argument("--again", action="store_true", help="take up those that have failed before")
    chosen = parser.parse_args(arguments)
    token = os.environ.get("DESK_TOKEN")
    if not (chosen.api_url and token and chosen.per_second > 0):
        parser.error("--api-url (or DESK_API_URL) and DESK_TOKEN are needed, and --per-second above 0")
    send = over_http(chosen.api_url, lambda: token, chosen.ticket)
    try:
        return run(chosen.file, send=send, pace=Pace(chosen.per_second), console=Console(), again=chosen.again)
    except (WrongFile, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main())
