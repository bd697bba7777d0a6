"""A message of the Zuora queue has a total time limit, however its calls are spread (R57)."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import deadline
from chalicelib.clients.zuora import Zuora
from chalicelib.functions import zuora
from devstack.package import ROOT
from tests.environment import template
from tests.flows.test_contact_sync import contact_ids, edit, writes
from tests.flows.virtual_time import Deployment, deployed
from tests.world import World

CONFIG = ROOT / ".chalice" / "config.json"


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployed(world, monkeypatch) as running:
        yield running


def test_a_message_is_returned_before_its_function_times_out_and_before_it_is_visible_again() -> None:
    """R57: otherwise it would be lost with the function, or processed twice at once."""
    functions = json.loads(CONFIG.read_text())["stages"]["service"]["lambda_functions"]
    time_out = functions["zuora"]["lambda_timeout"]
    assert zuora.A_MESSAGE_SECONDS == 45
    assert time_out >= zuora.A_MESSAGE_SECONDS + 10
    assert time_out < template()["Resources"]["ZuoraQueue"]["Properties"]["VisibilityTimeout"]


@pytest.mark.parametrize(("seconds", "written"), [(44, 1), (46, 0)])
def test_all_calls_of_a_message_share_one_deadline(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, seconds: int, written: int
) -> None:
    """R57: after it nothing more is sent to Zuora; the message is redelivered, and nothing is lost."""
    world, queue = deployment.world, deployment.queue
    contact = contact_ids(world, world.account(world.person("olga@acme.example")))["sold_to"]
    deployment.minute()
    world.zuora.forget_requests()
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: clock.now))
    update = Zuora.update_contact

    def slow(client: Zuora, contact_id: str, changes: dict[str, str]) -> Any:
        clock.now += seconds
        return update(client, contact_id, changes)

    monkeypatch.setattr(Zuora, "update_contact", slow)
    edit(world, contact, city="Graz")
    deployment.minute(guard=False)
    assert len(writes(world)) == written
    assert len(queue.messages) == 1 - written
    monkeypatch.setattr(Zuora, "update_contact", update)
    deployment.until(lambda: not queue.messages, most=20)
    assert queue.dead == []
    assert len(writes(world)) == 1
    assert world.zuora.do("GET", f"/v1/contacts/{contact}")["city"] == "Graz"
