"""Unreadable messages block no others of their batch (I7), at the Zuora worker and at the feedback."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.functions import feedback, zuora
from tests.captured_output import written
from tests.contract import ses_samples
from tests.flows.test_contact_sync import contact_ids, edit
from tests.flows.test_tolerant_reading import BODIES, record
from tests.flows.virtual_time import Deployment, deployed
from tests.gateway import Context
from tests.world import World

NO_EVENT = [
    *BODIES,
    "\ud83d",
    "[" * 3000,
    '{"stream": "account#acc_1"}',
    '{"stream": "", "event_id": ""}',
    '{"stream": null, "event_id": null}',
    '{"stream": ["account#acc_1"], "event_id": {}}',
    "17",
]
NO_NEWS = [
    *BODIES[:-1],
    "17",
    "[" * 3000,
    '{"eventType": null, "mail": null}',
    '{"eventType": "Bounce", "mail": {}}',
    '{"eventType": "Bounce", "mail": []}',
    '{"eventType": "Bounce", "mail": {"timestamp": "yesterday"}}',
    '{"Type": "Notification", "Message": "null"}',
    '{"Type": "Notification", "Message": "[]"}',
    '{"Type": "Notification"}',
]


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployed(world, monkeypatch) as running:
        yield running


def test_the_zuora_worker_dead_letters_unreadable_messages_and_does_the_rest(deployment: Deployment) -> None:
    """I7, R57: each with its reason and nothing of its text; the edit behind all of them is in Zuora."""
    world, queue = deployment.world, deployment.queue
    contact = contact_ids(world, world.account(world.person("olga@acme.example")))["sold_to"]
    deployment.minute()
    edit(world, contact, city="Graz")
    world.pipeline.stream()
    good = queue.messages[-1].body
    batch = {"Records": [record(number, body) for number, body in enumerate([*NO_EVENT, good])]}
    assert zuora.zuora(batch, Context()) == {"batchItemFailures": []}
    letters = [json.loads(each) for each in queue.dead]
    assert [each["message_id"] for each in letters] == [f"m{number}" for number in range(len(NO_EVENT))]
    assert {each["reason"] for each in letters} == {"not JSON", "names no event"}
    assert all(each.keys() == {"reason", "message_id"} for each in letters)
    assert world.zuora.do("GET", f"/v1/contacts/{contact}")["city"] == "Graz"


def test_unreadable_feedback_is_retried_alone_and_foreign_feedback_is_ignored(world: World) -> None:
    """I7, R25: never an error of the whole batch; each has its log line; the feedback behind them is recorded."""
    olga = world.person("olga@acme.example")
    account = world.account(olga)
    made = world.invite(olga, account, "new@acme.example")
    world.pipeline.drain()
    good = ses_samples.about("delivery", world.mails_to("new@acme.example")[0].tags)
    records = [record(number, body) for number, body in enumerate([*NO_NEWS, good])]
    with written() as output:
        answer: dict[str, Any] = feedback.feedback({"Records": records}, Context())
    failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert failed == [f"m{number}" for number in range(len(NO_NEWS))]
    lines = [json.loads(line) for line in output.getvalue().splitlines() if '"message_id"' in line]
    assert {each["message_id"] for each in lines if each["message"] == "feedback failed"} == set(failed)
    seen = world.ok("GET", f"/v1/billing-accounts/{account}/invitations/{made['id']}", olga)
    assert seen["delivery"]["state"] == "delivered"
