"""Every event has its entry: where it goes, who is mailed, and with what."""

import importlib
import pkgutil
import re
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.domain import errors
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.errors import DomainError
from chalicelib.domain.event_entry import Audience, Counted
from chalicelib.domain.event_facts import SUPPORT_ONLY
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact
from chalicelib.domain.people import ZUORA
from chalicelib.domain.transfers import State
from chalicelib.emails.render import templates
from chalicelib.operations.mails.mails_owed import template_of
from devstack import event_docs
from devstack.package import ROOT

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPERATIONS = ROOT / "chalicelib" / "operations"


def test_no_fact_is_for_managers_and_for_support_alone() -> None:
    """R40."""
    assert {name for event in EventType for name in event.entry.shown} & SUPPORT_ONLY == set()


def test_the_table_in_the_docs_is_the_catalogue() -> None:
    page = event_docs.PAGE.read_text()
    assert page == event_docs.written(page), "python -m devstack.event_docs writes it"


def test_every_audience_has_a_template() -> None:
    """R35."""
    told = {(name, audience.value) for event in EventType for name in named(event) for audience in event.entry.told}
    assert told <= set(templates())
    assert {name for name, _ in templates()} == {name for name, _ in told}


def named(event: EventType) -> set[str]:
    """The folders of an event's mails: one, or one per contact role, and one per outcome of a transfer."""
    cases: list[dict[str, Fact]] = [
        {"part": part, "state": state} for part in ContactRole for state in State if state.is_end
    ]
    events = [Event("evt", "account#acc", event, NOW, ZUORA, "account:acc", "acc", facts) for facts in cases]
    return {template_of(each) for each in events}


def test_a_mail_to_an_outsider_counts_for_the_limits() -> None:
    """R24: a mail to an invitee that does not count would be a way around the limits."""
    outside = {event.entry.told[Audience.INVITEE] for event in EventType if Audience.INVITEE in event.entry.told}
    assert outside <= {Counted.WHEN_CAUSED, Counted.WHEN_SENT}


def test_every_event_is_recorded_by_an_operation() -> None:
    sources = "\n".join(path.read_text() for path in OPERATIONS.rglob("*.py"))
    assert {event for event in EventType if f"EventType.{event.name}" not in sources} == set()


def test_event_types_are_spelled_like_their_names() -> None:
    """The value of an event type is the name in history, mails and folders."""
    assert {event for event in EventType if event.value != event.name.lower()} == set()


def all_of(family: type[DomainError]) -> set[type[DomainError]]:
    return {family} | {each for child in family.__subclasses__() for each in all_of(child)}


def test_every_refusal_can_be_answered() -> None:
    """A code and a kind; without them raising it would fail. The families are never raised themselves."""
    for module in pkgutil.walk_packages([str(ROOT / "chalicelib")], "chalicelib."):
        importlib.import_module(module.name)
    families = {DomainError, errors.InvitationGone}
    ours = {each for each in all_of(DomainError) if each.__module__.startswith("chalicelib.")}
    assert len(ours) > 30
    for refusal in ours - families:
        assert isinstance(refusal.code, str), refusal
        assert isinstance(refusal.kind, errors.Kind), refusal
        assert re.fullmatch(r"[a-z_]+", refusal.code), refusal


def test_every_operation_is_used_by_a_route_or_a_function() -> None:
    """A file that nothing uses is dead code."""
    users = [
        path for folder in ("api", "functions", "operations") for path in (ROOT / "chalicelib" / folder).rglob("*.py")
    ]
    users.append(ROOT / "chalicelib" / "wiring.py")
    for operation in OPERATIONS.rglob("[a-z]*.py"):
        assert any(_uses(path, operation.stem) for path in users if path != operation), operation.stem


def _uses(path: Path, operation: str) -> bool:
    pattern = rf"from chalicelib\.operations[.a-z_]*(\.{operation} import| import (\([^)]*|[^\n]*)\b{operation}\b)"
    return re.search(pattern, path.read_text()) is not None
