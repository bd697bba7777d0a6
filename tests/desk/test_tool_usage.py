"""The support desk's tool when used wrongly: it says what is wrong, never crashes, and shows no token."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, get_args

import pytest
import typer

from chalicelib.api.web.verification_fields import VerificationField
from chalicelib.domain.errors import DomainError
from chalicelib.domain.evidence import Method
from desk import hints, proofs
from desk.__main__ import app
from tests.desk.cli_runner import CONTRACT, FOR, Terminal, has
from tests.desk.conftest import Desk


@contextmanager
def something_else(status: int, headers: dict[str, str]) -> Iterator[str]:
    """A server that is not the API and answers everything with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- as http.server names it
            """Logs nothing: the terminal is under test."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("wrong", ["", "..", "olga@acme.example", "x" * 101])
def test_an_impossible_id_gets_into_no_path(terminal: Terminal, wrong: str) -> None:
    """R60: above all an address, which must not be in a path or a log."""
    has(terminal.run("show", wrong), "is not an id", code=2)
    has(terminal.run("login", "off", wrong, "--yes", *FOR), "is not an id", code=2)


def test_ids_of_the_wrong_kind_are_explained(terminal: Terminal) -> None:
    """An invitation and a transfer are shown with their account."""
    has(terminal.run("show", "inv_1"), "desk invitations ACCOUNT", code=2)
    has(terminal.run("history", "tra_1"), "desk transfer show ACCOUNT", code=2)


@pytest.mark.parametrize(
    ("token", "command", "says"),
    [
        ("", "", "an access token is needed"),
        ("", "no-such-program", "cannot be run"),
        ("", 'echo "a b', "cannot be run"),
        ("", "sh -c 'echo trouble >&2; exit 3'", "failed with 3: trouble"),
        ("", "echo two words", "the access token has spaces"),
        ("secret\nsecret", "", "the access token has spaces"),
    ],
)
def test_an_unavailable_token_is_a_usage_error(terminal: Terminal, token: str, command: str, says: str) -> None:
    """And the token is not shown."""
    ended = terminal.run("show", "acc_1", DESK_TOKEN=token, DESK_TOKEN_COMMAND=command)
    assert "secret" not in has(ended, says, code=2)


def test_the_api_needs_a_full_url(desk: Desk, terminal: Terminal) -> None:
    """And another server is told from the API."""
    for wrong, says in (("", "where the API is"), ("api.example.com", "is not the URL"), ("ftp://x", "is not the URL")):
        has(Terminal(wrong, "x").run("show", desk.account), says, code=2)
    has(Terminal(f"{terminal.url}/elsewhere", desk.sue.token).run("show", desk.account), "DESK_API_URL", code=4)
    for status, headers, code in ((301, {"Location": "https://x.example/"}, 1), (503, {"Retry-After": "tomorrow"}, 5)):
        with something_else(status, headers) as url:
            has(Terminal(url, "x").run("show", desk.account), f"The answer was {status}", code=code)


def test_help_needs_neither_api_nor_token(terminal: Terminal) -> None:
    """A person who has not set the tool up can read how; the evidence of each method is described there."""
    nobody = Terminal("", "")
    for command in ((), ("search",), ("transfer", "start"), ("customer", "edit"), ("account", "edit")):
        has(nobody.run(*command, "--help"), "Usage", "--help")
    has(nobody.run("grant", "--help"), "sold_to_approval: approved_by, approval_url", "reseller_vouch: requester_email")


def test_the_evidence_in_the_help_is_what_the_api_takes() -> None:
    """R62: methods and fields, in the same order."""
    union = get_args(VerificationField)[0]
    taken = {get_args(it.model_fields["method"].annotation)[0]: (*it.model_fields,)[1:] for it in get_args(union)}
    assert {method.value: names for method, names in proofs.EVIDENCE.items()} == taken
    assert [each.value for each in proofs.Method] == [each.value for each in Method]


def test_evidence_given_twice_is_refused(desk: Desk, terminal: Terminal) -> None:
    """R62: one proof does not replace the method of another; only yes or no is read as such."""
    grant = ("grant", desk.account, "nina@acme.example", *CONTRACT, *FOR)
    with desk.world.unchanged():
        has(terminal.run(*grant, "--proof", "method=license_text"), "method is given twice", code=2)
        has(terminal.run(*grant, "--proof", "contract_url=https://x.example/2"), "contract_url is given twice", code=2)
    owner = ("grant", desk.account, "nina@acme.example", "--method", "namespace_owner", *FOR)
    proof = ("namespace=yes", "evidence_url=https://files.example/1", "checked_by_admin=yes")
    has(terminal.run(*owner, *(word for each in proof for word in ("--proof", each))), "Granted.")


def test_programs_get_refusals_as_json_too(desk: Desk, terminal: Terminal) -> None:
    """The problem document, with the same exit code as for people."""
    refused = terminal.run("--json", "show", "acc_unknown")
    assert (json.loads(refused.text)["code"], refused.code) == ("account_not_found", 4)
    unchanged = terminal.run("customer", "edit", desk.olga_id, *FOR)
    has(unchanged, "validation_failed", "\n  something that is to be different is needed", code=1)
    has(Terminal(terminal.url, "nonsense").run("show", desk.account), "Next:", "DESK_TOKEN", code=3)


def codes_of(kind: type[DomainError]) -> set[str]:
    """The codes of all refusals."""
    return {getattr(kind, "code", "")}.union(*(codes_of(each) for each in kind.__subclasses__()))


def test_each_hint_belongs_to_a_real_refusal_and_names_real_commands() -> None:
    """The hints stay in step with the API and with the tool."""
    assert set(hints.REFUSED) <= codes_of(DomainError) | {"route_not_found"}
    root = typer.main.get_command(app)
    named = re.findall(
        r"`desk ([a-z -]+?)(?: --|[` ]*(?:[A-Z$…`]|$))", " ".join((*hints.REFUSED.values(), *hints.TROUBLE.values()))
    )
    assert len(named) > 20
    for words in named:
        command = root
        for word in words.split():
            command = vars(command)["commands"][word]
