"""Zuora is down for a day: nothing is lost, nothing else stops, and afterwards everything is in sync (R57)."""

import json
import logging
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.functions import zuora_schedules
from chalicelib.operations.zuora.circuit_breaker import NO_ACCOUNT
from chalicelib.store import breakers
from tests.events import schedule_event
from tests.flows.test_contact_sync import contact_ids
from tests.flows.virtual_time import Deployment, deployed
from tests.gateway import Context
from tests.world import TICKET, World

logger = logging.getLogger(__name__)

DAY = 24 * 60
ACCOUNTS = 8
FAULTS = ["http_503", "http_500_html", "rate_limit", "rate_limit_no_header", "malformed", "unauthorized"]


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployed(world, monkeypatch) as running:
        yield running


def _edit(world: World, contact: str, **changes: str) -> None:
    support = world.person("sue@support.example", groups=["billing-support"], expires_in=3600)
    answer = world.call("PATCH", f"/v1/support/contacts/{contact}", support, {**changes, "ticket_url": TICKET})
    assert answer.status == 200, answer.text


def _probes(world: World) -> Counter[str]:
    """How often, by the minute, the circuit breaker probed Zuora, or requested a token for it."""
    asking = ("/oauth/token", f"/v1/accounts/{NO_ACCOUNT}")
    return Counter(each["at"][:16] for each in world.zuora.requests if each["path"] in asking)


@pytest.mark.parametrize("guard", [True, False], ids=["guarded", "guard dead"])
def test_a_day_without_zuora_loses_nothing(deployment: Deployment, *, guard: bool) -> None:
    """R57: 24 hours, edits all the time; all accounts converge, no message dies, at most one probe a minute."""
    world, queue, dice = deployment.world, deployment.queue, random.Random(57)  # noqa: S311 -- dice
    contacts = [
        contact_ids(world, world.account(world.person(f"olga{number}@acme.example")))["sold_to"]
        for number in range(ACCOUNTS)
    ]
    deployment.minute(guard=guard)
    world.zuora.forget_requests()
    world.zuora.fail("*", "http_503")
    wanted: dict[str, str] = {}
    for minute in range(DAY):
        if minute % 60 == 0:
            world.zuora.heal()
            world.zuora.fail("*", dice.choice(FAULTS))
            contact = dice.choice(contacts)
            wanted[contact] = f"City {minute}"
            _edit(world, contact, city=wanted[contact])
        deployment.minute(guard=guard, news=minute % 60 == 0)
    asked = [each for each in world.zuora.requests if each["path"] != "/oauth/token"]
    probes = _probes(world)
    assert queue.dead == []
    if guard:
        assert len(asked) <= DAY * 2
    world.zuora.heal()
    healed_after = deployment.until(lambda: not queue.messages, most=20)
    assert queue.dead == []
    assert queue.receiving
    for contact, city in wanted.items():
        assert world.zuora.do("GET", f"/v1/contacts/{contact}")["city"] == city
    states = {item["sync_state"]["S"] for item in world.items("Contacts") if "sync_state" in item}
    assert states == {"synced"}
    figures = {
        "edits": DAY // 60,
        "contacts": len(wanted),
        "most receives of one message": queue.most_received,
        "deliveries": queue.deliveries,
        "requests to Zuora while it was away": len(asked),
        "minutes with a probe": len(probes),
        "minutes until all was in step": healed_after,
    }
    logger.info("%s", json.dumps(figures))
    assert queue.most_received <= (12 if guard else 150)


def test_everything_else_works_while_zuora_is_down(deployment: Deployment) -> None:
    """R57: people invite, accept, leave; their contact choices show as pending."""
    world = deployment.world
    olga, carl = world.person("olga@acme.example"), world.person("carl@acme.example")
    account = world.account(olga)
    world.zuora.fail("*", "http_503")
    path = f"/v1/billing-accounts/{account}"
    invited = world.invite(olga, account, carl.email)
    inbox = world.ok("GET", "/v1/me/invitations", carl)["data"]
    assert [each["id"] for each in inbox] == [invited["id"]]
    joined = world.ok("POST", f"/v1/me/invitations/{invited['id']}/accept", carl)
    world.ok("PUT", f"{path}/contacts/sold-to", olga, {"manager_id": joined["customer_id"]})
    for _ in range(30):
        deployment.minute()
    carl = world.person("carl@acme.example")
    shown = world.ok("GET", f"{path}/contacts", carl)["sold_to"]
    assert (shown["work_email"], shown["sync"]["state"], shown["id"]) == ("carl@acme.example", "pending", None)
    assert world.call("POST", f"{path}/leave", carl).code == "is_sold_to_contact"
    world.zuora.heal()
    deployment.until(lambda: not deployment.queue.messages, most=20)
    assert (
        world.ok("GET", f"{path}/contacts", world.person("carl@acme.example"))["sold_to"]["sync"]["state"] == "synced"
    )


def test_the_breaker_opens_stops_receiving_and_recovers(deployment: Deployment) -> None:
    """R57: after five failures in a row no message is received; one probe a minute, then all at once."""
    world, queue = deployment.world, deployment.queue
    contacts = [contact_ids(world, world.account(world.person(f"o{n}@acme.example")))["sold_to"] for n in range(6)]
    world.zuora.forget_requests()
    world.zuora.fail("*", "http_503")
    for contact in contacts:
        _edit(world, contact, city="Graz")
    deployment.minute()
    assert not queue.receiving
    received = queue.deliveries
    for _ in range(10):
        deployment.minute()
    assert queue.deliveries == received
    assert len(_probes(world)) == 11
    world.zuora.heal()
    deployment.until(lambda: not queue.messages, most=4)
    assert (queue.receiving, queue.switched) == (True, 2)


def test_a_message_with_nothing_to_do_does_not_hide_an_outage(deployment: Deployment) -> None:
    """R57: old messages redelivered between failures do not keep the breaker from opening."""
    world, queue = deployment.world, deployment.queue
    done, waits = (contact_ids(world, world.account(world.person(f"o{n}@a.example")))["sold_to"] for n in range(2))
    _edit(world, done, city="Graz")
    deployment.minute()
    (old,) = [image for image in world.pipeline.history() if image["type"]["S"] == "contact_edited"]
    world.zuora.fail("*", "http_503")
    _edit(world, waits, city="Graz")
    for _ in range(30):
        body = {name: old[name]["S"] for name in ("stream", "event_id", "type")}
        queue.send_in_order("zuora", json.dumps(body), group="done", deduplication_id="again")
        deployment.minute(guard=False)
    assert breakers.current().is_open


def test_a_lock_on_one_account_delays_no_other(deployment: Deployment) -> None:
    """R57: a bill run locks an account; the breaker stays closed."""
    world, queue = deployment.world, deployment.queue
    locked, free = (contact_ids(world, world.account(world.person(f"o{n}@a.example")))["sold_to"] for n in range(2))
    world.zuora.fail(f"PUT /v1/contacts/{locked}", "lock")
    for contact in (locked, free):
        _edit(world, contact, city="Graz")
    for _ in range(60):
        deployment.minute()
    assert queue.receiving
    assert len(queue.messages) == 1
    assert world.zuora.do("GET", f"/v1/contacts/{free}")["city"] == "Graz"
    world.zuora.heal()
    deployment.until(lambda: not queue.messages, most=20)
    assert world.zuora.do("GET", f"/v1/contacts/{locked}")["city"] == "Graz"


def test_a_circuit_breaker_that_crashes_half_way_is_completed_by_its_next_run(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R57: between recording and stopping, and between starting and recording."""
    world, queue = deployment.world, deployment.queue
    contact = contact_ids(world, world.account(world.person("olga@acme.example")))["sold_to"]
    world.zuora.fail("*", "http_503")
    _edit(world, contact, city="Graz")

    def dies(_wanted: bool) -> None:  # noqa: FBT001 -- the signature of the real one
        raise RuntimeError("the function was killed")

    while len(queue.messages) == 0 or queue.messages[0].received < 5:
        deployment.minute(guard=False)
    monkeypatch.setattr(wiring, "receive_from_zuora_queue", dies)
    with pytest.raises(RuntimeError):
        zuora_schedules.zuora_circuit_breaker(schedule_event(), Context())
    monkeypatch.setattr(wiring, "receive_from_zuora_queue", queue.receive)
    deployment.minute()
    assert not queue.receiving
    world.zuora.heal()
    monkeypatch.setattr(wiring, "receive_from_zuora_queue", dies)
    with pytest.raises(RuntimeError):
        zuora_schedules.zuora_circuit_breaker(schedule_event(), Context())
    monkeypatch.setattr(wiring, "receive_from_zuora_queue", queue.receive)
    deployment.until(lambda: not queue.messages, most=20)
    assert queue.receiving


def test_what_somebody_else_has_stopped_is_not_started(deployment: Deployment) -> None:
    """R57: an operator who disables the mapping is not overruled."""
    deployment.queue.receiving = False
    for _ in range(3):
        deployment.minute()
    assert not deployment.queue.receiving


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not json, but carl@acme.example", "not JSON"),
        ('{"stream": "account#acc_1"}', "names no event"),
        ('["carl@acme.example"]', "names no event"),
        ('{"stream": 1, "event_id": "evt_1"}', "names no event"),
    ],
)
def test_a_message_without_an_event_is_dead_lettered_with_the_reason(
    deployment: Deployment, body: str, reason: str
) -> None:
    """Bad input: a dead letter with a reason, and nothing of what the message said."""
    deployment.queue.send_in_order("zuora", body, group="x", deduplication_id="d")
    deployment.minute()
    (letter,) = deployment.queue.dead
    assert json.loads(letter) == {"reason": reason, "message_id": "d-0"}
    assert "carl@acme.example" not in letter


def test_an_event_that_never_appears_is_dead_lettered_in_the_end(deployment: Deployment) -> None:
    """Bad input: the stream may be ahead of the table for a moment, but not for hours."""
    body = json.dumps({"stream": "account#acc_1", "event_id": "evt_1", "type": "contact_edited"})
    deployment.queue.send_in_order("zuora", body, group="acc_1", deduplication_id="d")
    deployment.until(lambda: bool(deployment.queue.dead), most=400)
    assert json.loads(deployment.queue.dead[0])["reason"] == "unknown event"
