"""The process crashes at any AWS call of a request: repeated, it is done once, and everybody is mailed (I1 to I7).

After the crash the client repeats the request unchanged (with its Idempotency-Key, where it has one), the stream
and the queues deliver what waits, the leases expire, and the sweep runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import settings, wiring
from chalicelib.functions import schedules
from tests.crash.boundaries import Armed, Point, armed, live, points
from tests.events import schedule_event
from tests.flows.two_manager_case import Case, Snapshot
from tests.gateway import Context, Response
from tests.integration.store_fixtures import meanwhile
from tests.invariants import duplicates, rewritten_history, violations_in
from tests.ses import SentMail
from tests.world import TICKET, Tables, World

LATER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Operation:
    """A request, its preparation, the answers that its repetition may get, and its result."""

    prepare: Callable[[Case], Any]
    request: Callable[[Case, Any], Response]
    repeated: set[tuple[int, str | None]]
    events: list[str]
    told: dict[str, int]


def known(case: Case) -> str:
    """Dave has managed the account before, so he is a customer; returns the token of his new invitation."""
    _, token = case.invited()
    assert case.accept(token).status == 201
    assert case.remove(case.world.id_of(case.dave), case.olga).status == 204
    return case.invited()[1]


def with_invitations(case: Case) -> str:
    """Carl has invited two people; returns Carl's id."""
    case.invited(who=case.carl)
    assert case.invite("erin@acme.example").status == 201
    return case.carls_id


def sent_before(case: Case) -> tuple[str, str]:
    """An invitation for Dave whose mail went out a while ago; returns its id and token."""
    invitation_id, token = case.invited()
    key = {"account_id": case.account, "invitation_id": invitation_id}
    meanwhile("Invitations", key, last_sent_at=(wiring.now() - LATER).strftime("%Y-%m-%dT%H:%M:%S.%f+0000"))
    return invitation_id, token


def expired(case: Case) -> tuple[str, str]:
    """The same, and the schedule has recorded its expiry."""
    invitation_id, token = sent_before(case)
    at = (wiring.now() + timedelta(days=8)).isoformat()
    assert schedules.invitation_schedule({**schedule_event(), "time": at}, Context())["expired"] == 1
    return invitation_id, token


def send_again(case: Case, which: tuple[str, str]) -> Response:
    return case.world.call("POST", f"{case.path}/invitations/{which[0]}/resend", case.carl)


def switch_off(case: Case, customer_id: str) -> Response:
    body = {"login_activated": False, "ticket_url": TICKET}
    return case.world.call("PATCH", f"/v1/support/customers/{customer_id}", case.world.support(), body)


def opened(case: Case) -> str:
    """An invitation to the new address of Carl's sign-in, to an account that Carl manages; returns its token."""
    case.world.invite(case.olga, case.account, "carl@new.example")
    case.world.id_of(case.carl)
    return case.world.link_token("carl@new.example")


REMOVED = ["manager_removed", "invitation_revoked", "invitation_revoked"]
OPERATIONS = {
    "invite": Operation(
        prepare=lambda _case: None,
        request=lambda case, _none: case.invite(key="once"),
        repeated={(201, None)},
        events=["invitation_created"],
        told={"dave": 1},
    ),
    "accept as a new customer": Operation(
        prepare=lambda case: case.invited()[1],
        request=lambda case, token: case.accept(token),
        repeated={(201, None), (200, None)},
        events=["invitation_accepted"],
        told={"dave": 1, "olga": 1, "carl": 1},
    ),
    "accept as a known customer": Operation(
        prepare=known,
        request=lambda case, token: case.accept(token),
        repeated={(201, None), (200, None)},
        events=["invitation_accepted"],
        told={"dave": 1, "olga": 1, "carl": 1},
    ),
    "remove": Operation(
        prepare=with_invitations,
        request=lambda case, manager_id: case.remove(manager_id, case.olga),
        repeated={(204, None), (404, "manager_not_found")},
        events=REMOVED,
        told={"carl": 1, "dave": 1, "erin": 1},
    ),
    "leave": Operation(
        prepare=with_invitations,
        request=lambda case, _id: case.world.call("POST", f"{case.path}/leave", case.carl),
        repeated={(204, None), (404, "account_not_found")},
        events=["manager_left", *REMOVED[1:]],
        told={"carl": 1, "olga": 1, "dave": 1, "erin": 1},
    ),
    "revoke": Operation(
        prepare=lambda case: case.invited()[0],
        request=lambda case, invitation_id: case.revoke(invitation_id),
        repeated={(200, None)},
        events=["invitation_revoked"],
        told={"dave": 1},
    ),
    "make a link": Operation(
        prepare=lambda _case: {"kind": "link"},
        request=lambda case, body: case.world.call(
            "POST", f"{case.path}/invitations", case.carl, body, {"Idempotency-Key": "once"}
        ),
        repeated={(201, None)},
        events=["invitation_created"],
        told={},
    ),
    "resend": Operation(
        prepare=sent_before,
        request=send_again,
        repeated={(200, None), (429, "rate_limited")},
        events=["invitation_resent"],
        told={"dave": 1},
    ),
    "renew": Operation(
        prepare=expired,
        request=send_again,
        repeated={(200, None), (429, "rate_limited")},
        events=["invitation_resent"],
        told={"dave": 1},
    ),
    "decline": Operation(
        prepare=lambda case: case.invited()[1],
        request=lambda case, token: case.world.call("POST", "/v1/invitations/decline", None, {"token": token}),
        repeated={(200, None)},
        events=["invitation_declined"],
        told={"carl": 1},
    ),
    "ask for a new one": Operation(
        prepare=lambda case: expired(case)[1],
        request=lambda case, token: case.world.call("POST", "/v1/invitations/request-new", None, {"token": token}),
        repeated={(202, None), (429, "rate_limited")},
        events=["invitation_new_requested"],
        told={"olga": 1, "carl": 1},
    ),
    "switch a login off": Operation(
        prepare=with_invitations,
        request=switch_off,
        repeated={(200, None)},
        events=["login_deactivated", *REMOVED[1:]],
        told={"carl": 1, "dave": 1, "erin": 1},
    ),
    "open what one manages already": Operation(
        prepare=opened,
        request=lambda case, token: case.world.call(
            "POST", "/v1/invitations/preview", case.world.moved(case.carl, "carl@new.example"), {"token": token}
        ),
        repeated={(410, "invitation_revoked")},
        events=["invitation_revoked"],
        told={},
    ),
    "edit one's own record": Operation(
        prepare=lambda _case: None,
        request=lambda case, _none: case.world.call("PATCH", "/v1/me", case.carl, {"first_name": "Carlo"}),
        repeated={(200, None)},
        events=["customer_edited"],
        told={},
    ),
    "take one's new address over": Operation(
        prepare=lambda _case: None,
        request=lambda case, _none: case.world.call(
            "POST", "/v1/me/email", case.world.moved(case.olga, "olga@new.example"), {"update_contacts": True}
        ),
        repeated={(200, None), (409, "email_unchanged")},
        events=["email_changed", "contact_edited"],
        told={"olga": 2},
    ),
    "change a role": Operation(
        prepare=lambda case: case.carls_id,
        request=lambda case, manager_id: case.give_role(manager_id, "manager", case.olga),
        repeated={(200, None)},
        events=["role_changed"],
        told={"carl": 1},
    ),
}


class Stage:
    """The account before the operation; every crash starts from here."""

    def __init__(self, case: Case, operation: Operation, running: Armed) -> None:
        self.case, self.operation, self._running = case, operation, running
        self._given = operation.prepare(case)
        case.world.pipeline.drain()
        self._tables = case.world.everything()
        self._mails: list[SentMail] = list(case.world.ses.sent)

    def rewind(self) -> None:
        """Restores the initial state."""
        self.case.world.rewind(self._tables)
        self.case.world.ses.sent[:] = self._mails

    def attempt(self, dies: Point | None = None) -> tuple[Response | None, list[str]]:
        """The request in a process of its own; no answer if that crashes."""
        answers: list[Response] = []
        lived, calls = live(self._running, lambda: answers.append(self.operation.request(self.case, self._given)), dies)
        assert lived == bool(answers)
        return (answers[0] if answers else None), calls

    def recover(self) -> list[str]:
        """The client repeats the request, everything that waits is delivered; returns what is wrong then."""
        answer, _ = self.attempt()
        assert answer is not None
        world = self.case.world
        with time_machine.travel(wiring.now() + LATER, tick=True):
            world.pipeline.drain()
            world.pipeline.sweep()
            world.pipeline.drain()
            tables = world.everything()
            wrong = violations_in(
                tables, mails=world.ses.sent, limits=settings.current().limits, now=wiring.now(), quiescent=True
            )
        wrong += rewritten_history(self._tables, tables)
        if (answer.status, answer.code) not in self.operation.repeated:
            wrong.append(f"the repetition was answered {answer.status} {answer.text}")
        return wrong + self._differences(tables)

    def _differences(self, tables: Tables) -> list[str]:
        """What differs from a run in which the request was made once, without a crash."""
        world, told = self.case.world, dict.fromkeys(self.operation.told, 0)
        before = {it["event_id"]["S"] for it in self._tables["History"]}
        events = [it["type"]["S"] for it in tables["History"] if it["event_id"]["S"] not in before]
        for mail in world.ses.sent[len(self._mails) :]:
            name = mail.to.partition("@")[0]
            told[name] = told.get(name, 0) + 1
        found = {
            "events": (sorted(events), sorted(self.operation.events)),
            "mails": (told, self.operation.told),
            "duplicates": (duplicates(world.ses.sent), 0),
        }
        return [f"{name}: {is_} and should be {should}" for name, (is_, should) in found.items() if is_ != should]


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Case]:
    return Snapshot(Case(tables))


@pytest.fixture(params=OPERATIONS)
def stage(beginning: Snapshot[Case], request: pytest.FixtureRequest) -> Iterator[Stage]:
    with armed() as running:
        yield Stage(beginning.again(), OPERATIONS[request.param], running)


def test_a_request_that_crashes_anywhere_and_is_repeated_is_done_once(stage: Stage) -> None:
    """I1, I2, I3, I4, I5, I7, R11, R16, R18, R22, R23, R26: every boundary, before and after each call."""
    answer, calls = stage.attempt()
    assert answer is not None
    assert (answer.status, answer.code) in stage.operation.repeated
    assert "TransactWriteItems" in calls[-1]
    stage.rewind()
    assert stage.recover() == [], "without any crash"
    wrong = {}
    for point in points(calls):
        stage.rewind()
        answer, begun = stage.attempt(point)
        assert answer is None, f"did not die {point}"
        found = stage.recover()
        if found:
            wrong[f"{point} {begun[-1]}"] = found
    assert wrong == {}, f"{len(points(calls))} crash points"


@pytest.mark.parametrize("stage", ["accept as a new customer", "accept as a known customer"], indirect=True)
def test_an_acceptance_that_crashes_twice_is_done_once(stage: Stage) -> None:
    """I1, I2, I3, I5, I7, R16: every pair of boundaries, of the request and of its repetition."""
    _, calls = stage.attempt()
    wrong, pairs = {}, 0
    for first in points(calls):
        for second in points(calls):
            stage.rewind()
            assert stage.attempt(first)[0] is None
            answer, begun = stage.attempt(second)
            if answer is not None:
                assert len(begun) <= second.call, "the repetition has fewer calls, because it was done before"
                break
            pairs += 1
            found = stage.recover()
            if found:
                wrong[f"{first}, then {second} {begun[-1]}"] = found
    assert wrong == {}, f"{pairs} pairs of crash points"
    assert pairs > len(calls) ** 2
