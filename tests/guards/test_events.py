"""Every event has its places: where it goes, who is told, and what with."""

import importlib
import pkgutil
import re
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.domain import errors
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.errors import DomainError
from chalicelib.domain.event_facts import SHOWN_TO_MANAGERS, SUPPORT_ONLY
from chalicelib.domain.events import Event, EventType, Fact
from chalicelib.domain.people import ZUORA
from chalicelib.domain.transfers import State
from chalicelib.emails.render import templates
from chalicelib.operations.history.relay_events import ROUTES, Queue
from chalicelib.operations.mails.mail_limits import COUNTED, Counted
from chalicelib.operations.mails.mails_owed import TOLD, Audience, template_of
from devstack.package import ROOT

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPERATIONS = ROOT / "chalicelib" / "operations"


def test_both_tables_name_every_event_even_if_it_goes_nowhere_and_nobody_is_told() -> None:
    """An event that is forgotten would be silence that nobody has decided."""
    assert ROUTES.keys() == set(EventType)
    assert TOLD.keys() == set(EventType)


def test_an_event_goes_to_the_mail_queue_exactly_if_somebody_is_told() -> None:
    """R35: without the route the table would be a promise, without the table the message would be nothing."""
    mailed = {event for event, queues in ROUTES.items() if Queue.EMAILS in queues}
    assert mailed == {event for event, audiences in TOLD.items() if audiences}


def test_who_may_see_its_facts_is_decided_for_every_event() -> None:
    """R40: the managers' list is closed, and shares nothing with what is for support alone."""
    assert SHOWN_TO_MANAGERS.keys() == set(EventType)
    assert {name for names in SHOWN_TO_MANAGERS.values() for name in names} & SUPPORT_ONLY == set()


def test_everybody_who_is_told_has_a_template() -> None:
    """R35."""
    told = {(name, audience.value) for event, all_ in TOLD.items() for name in named(event) for audience in all_}
    assert told <= set(templates())
    assert {name for name, _ in templates()} == {name for name, _ in told}


def named(event: EventType) -> set[str]:
    """The folders of an event's mails: one, or one for each part that somebody plays, and each end of a transfer."""
    cases: list[dict[str, Fact]] = [
        {"part": part, "state": state} for part in ContactRole for state in State if state.is_end
    ]
    events = [Event("evt", "account#acc", event, NOW, ZUORA, "account:acc", "acc", facts) for facts in cases]
    return {template_of(each) for each in events}


def test_every_mail_is_classified_for_the_limits() -> None:
    """R24: a mail of which nobody has decided whether it counts would be a way around the limits."""
    told = {(event, audience) for event, audiences in TOLD.items() for audience in audiences}
    assert COUNTED.keys() == told
    outside = {pair for pair in told if pair[1] is Audience.INVITEE}
    assert {COUNTED[pair] for pair in outside} <= {Counted.WHEN_CAUSED, Counted.WHEN_SENT}


def test_every_event_is_recorded_by_an_operation() -> None:
    sources = "\n".join(path.read_text() for path in OPERATIONS.rglob("*.py"))
    assert {event for event in EventType if f"EventType.{event.name}" not in _recording(sources)} == set()


def _recording(sources: str) -> str:
    """The sources without the two tables, which name every event anyhow."""
    return re.sub(r"(?s)^(ROUTES|TOLD)\b.*?^}", "", sources, flags=re.MULTILINE)


def test_words_are_spelled_as_their_names() -> None:
    """The value of an event type is what history, mails and folders call it."""
    assert {event for event in EventType if event.value != event.name.lower()} == set()


def all_of(family: type[DomainError]) -> set[type[DomainError]]:
    return {family} | {each for child in family.__subclasses__() for each in all_of(child)}


def test_every_refusal_can_be_answered() -> None:
    """A code and a kind, or raising it would be an error of its own. The families are never raised themselves."""
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
    """A file of a verb that nothing leads to is dead."""
    users = [
        path for folder in ("api", "functions", "operations") for path in (ROOT / "chalicelib" / folder).rglob("*.py")
    ]
    users.append(ROOT / "chalicelib" / "wiring.py")
    for operation in OPERATIONS.rglob("[a-z]*.py"):
        assert any(_uses(path, operation.stem) for path in users if path != operation), operation.stem


def _uses(path: Path, operation: str) -> bool:
    pattern = rf"from chalicelib\.operations[.a-z_]*(\.{operation} import| import (\([^)]*|[^\n]*)\b{operation}\b)"
    return re.search(pattern, path.read_text()) is not None
