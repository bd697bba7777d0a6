"""Workers that run twice, late, in the wrong order, or too long; and what is never written (R50, R51, R55)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.clients.zuora import Zuora
from chalicelib.domain.contacts import ContactRole, Sent
from chalicelib.failures import Retryable
from chalicelib.functions import zuora, zuora_schedules
from chalicelib.operations.zuora.zuora_session import ZuoraSession
from chalicelib.store import breakers, contacts, reading
from chalicelib.store.transaction import commit
from tests.events import schedule_event
from tests.flows.test_contact_sync import contact_ids, edit, writes
from tests.flows.test_zuora_faults import TYPED
from tests.flows.virtual_time import Deployment, deployed
from tests.gateway import Context
from tests.world import World


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployed(world, monkeypatch) as running:
        yield running


@pytest.fixture
def contact(deployment: Deployment) -> str:
    """Olga's contact, in sync."""
    world = deployment.world
    found = contact_ids(world, world.account(world.person("olga@acme.example")))["sold_to"]
    deployment.minute()
    world.zuora.forget_requests()
    return found


def city(world: World, contact: str) -> Any:
    return world.zuora.do("GET", f"/v1/contacts/{contact}")["city"]


def state(world: World, contact: str) -> Any:
    return world.ok("GET", f"/v1/support/contacts/{contact}", world.support())["sync"]["state"]


def test_unordered_messages_write_the_newest_version_once(deployment: Deployment, contact: str) -> None:
    """R51: the worker reads the present state, whichever event started it."""
    world = deployment.world
    for wanted in ("Graz", "Linz", "Wels"):
        edit(world, contact, city=wanted)
    world.pipeline.stream()
    deployment.queue.messages.reverse()
    deployment.until(lambda: not deployment.queue.messages, most=5)
    assert (city(world, contact), state(world, contact)) == ("Wels", "synced")
    assert len(writes(world)) == 1


def test_a_slow_worker_does_not_overwrite_a_newer_edit(
    deployment: Deployment, contact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R51: its request takes effect after its lease expired and another worker ran; the newer edit wins."""
    world, queue = deployment.world, deployment.queue
    update = Zuora.update_contact
    seen: list[dict[str, str]] = []

    def stalls(client: Zuora, contact_id: str, changes: dict[str, str]) -> Any:
        if not seen:
            seen.append(dict(changes))
            edit(world, contact, city="Linz")
            world.pipeline.stream()
            deployment.clock.shift(timedelta(seconds=100))
            newer = queue.messages[-1]
            queue.hand_over(newer, zuora.zuora)
            assert newer in queue.messages, "the other worker waits for what may still take effect"
            assert not city(world, contact)
        return update(client, contact_id, changes)

    monkeypatch.setattr(Zuora, "update_contact", stalls)
    edit(world, contact, city="Graz")
    deployment.until(lambda: bool(seen), most=3)
    assert seen == [{"city": "Graz"}]
    assert city(world, contact) == "Graz"
    assert state(world, contact) == "pending"
    deployment.until(lambda: not queue.messages, most=30)
    assert (city(world, contact), state(world, contact)) == ("Linz", "synced")
    assert queue.dead == []


def test_a_worker_that_was_overtaken_writes_nothing_more(
    deployment: Deployment, contact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R51: frozen between its last read and its request, it would overwrite a change in Zuora with an old edit."""
    world, queue = deployment.world, deployment.queue
    before_writing = ZuoraSession.before_writing
    frozen: list[int] = []

    def freezes(work: ZuoraSession, version: int, sent: Sent | None) -> Sent:
        noted = before_writing(work, version, sent)
        if not frozen:
            frozen.append(version)
            deployment.clock.shift(timedelta(minutes=5))
            world.pipeline.forget_stream()
            world.pipeline.stream()
            queue.hand_over(queue.messages[-1], zuora.zuora)
            assert city(world, contact) == "Graz"
            world.zuora.do("PUT", f"/v1/contacts/{contact}", {"city": "Bonn"})
        return noted

    monkeypatch.setattr(ZuoraSession, "before_writing", freezes)
    edit(world, contact, city="Graz")
    deployment.until(lambda: bool(frozen) and not queue.messages, most=30)
    assert city(world, contact) == "Bonn"
    assert len(writes(world)) == 1


def test_two_workers_never_process_one_account_at_once(
    deployment: Deployment, contact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R51: the second finds the lease taken and returns its message."""
    world, queue = deployment.world, deployment.queue
    update = Zuora.update_contact
    tried: list[int] = []

    def meets(client: Zuora, contact_id: str, changes: dict[str, str]) -> Any:
        if not tried:
            tried.append(len(writes(world)))
            edit(world, contact, city="Linz")
            world.pipeline.stream()
            queue.hand_over(queue.messages[-1], zuora.zuora)
            assert len(queue.messages) == 2
            assert writes(world) == []
        return update(client, contact_id, changes)

    monkeypatch.setattr(Zuora, "update_contact", meets)
    edit(world, contact, city="Graz")
    deployment.until(lambda: bool(tried) and not queue.messages, most=30)
    assert (city(world, contact), state(world, contact)) == ("Linz", "synced")
    assert len(writes(world)) == 2


def test_the_sold_to_of_an_account_is_written_only_when_somebody_was_made_sold_to(deployment: Deployment) -> None:
    """R50, R55: not by edits, memberships, another Bill To, a forced sync, nor by what comes from Zuora."""
    world = deployment.world
    olga = world.person("olga@acme.example", expires_in=10**6)
    account = world.account(olga)
    contact = contact_ids(world, account)["sold_to"]
    carl_id = world.add(olga, account, world.person("carl@acme.example"))
    path = f"/v1/billing-accounts/{account}"
    edit(world, contact, city="Graz", work_email="olga.owner@acme.example")
    world.ok("PUT", f"{path}/contacts/bill-to", olga, {"contact": TYPED})
    for prefer in ("ours", "zuora"):
        body = {"prefer": prefer, "ticket_url": "https://tickets.example/1"}
        world.ok("POST", f"/v1/support/contacts/{contact}/sync", world.support(), body)
        deployment.until(lambda: not deployment.queue.messages, most=30)
    world.ok("PATCH", f"{path}/managers/{carl_id}", olga, {"role": "viewer"})
    deployment.minute()
    assert _sold_tos(world) == []
    world.ok("PUT", f"{path}/contacts/sold-to", olga, {"manager_id": carl_id})
    deployment.minute()
    deployment.until(lambda: not deployment.queue.messages, most=30)
    new = contact_ids(world, account)["sold_to"]
    assert new != contact
    assert _sold_tos(world) == [new]


def _sold_tos(world: World) -> list[str]:
    """The Sold To contacts that our requests to Zuora named, wherever in the body."""
    bodies = [each["body"] for each in world.zuora.requests if isinstance(each["body"], dict)]
    assert not [body for body in bodies if "soldToContact" in body]
    return [body["soldToContactId"] for body in bodies if "soldToContactId" in body]


def test_a_manager_who_is_renamed_while_chosen_is_renamed_in_zuora_too(deployment: Deployment) -> None:
    """R52, R55: their contact exists already, but the account does not use it yet."""
    world = deployment.world
    olga = world.person("olga@acme.example", expires_in=10**6)
    account = world.account(olga)
    carl_id = world.add(olga, account, world.person("carl@acme.example"))
    world.zuora.fail("PUT /v1/accounts", "lock")
    world.ok("PUT", f"/v1/billing-accounts/{account}/contacts/sold-to", olga, {"manager_id": carl_id})
    deployment.minute()
    assignment = reading.one(contacts.assignment_key(account, ContactRole.SOLD_TO))
    assert assignment is not None
    assert assignment.contact_id is not None
    person = {"last_name": "Married", "work_email": "carl.married@acme.example"}
    renamed = replace(assignment, fields={**assignment.fields, **person}, version=assignment.version + 1)
    commit(contacts.assign(renamed, assignment))
    world.zuora.heal()
    deployment.until(lambda: not deployment.queue.messages, most=30)
    there = world.zuora.do("GET", f"/v1/contacts/{contact_ids(world, account)['sold_to']}")
    assert (there["lastName"], there["workEmail"]) == ("Married", "carl.married@acme.example")
    assert there["id"] == assignment.contact_id


def test_a_mapping_that_is_being_changed_makes_the_circuit_breaker_retry(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R57: a minute later; it logs it, and does not fail."""
    for _ in range(5):
        breakers.count_failure()
    breakers.open_(now=wiring.now())

    def busy(_wanted: bool) -> None:  # noqa: FBT001 -- the signature of the real one
        raise Retryable("the mapping is being changed")

    monkeypatch.setattr(wiring, "receive_from_zuora_queue", busy)
    assert zuora_schedules.zuora_circuit_breaker(schedule_event(), Context()) == {"seen": "away"}
    monkeypatch.setattr(wiring, "receive_from_zuora_queue", deployment.queue.receive)
    assert zuora_schedules.zuora_circuit_breaker(schedule_event(), Context()) == {"seen": "back"}
    assert deployment.queue.receiving
