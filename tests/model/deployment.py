"""One deployment for many runs of the machine: made once, emptied in between, with a clock that the machine moves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from chalicelib import settings
from chalicelib.store import connection, identities
from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.cloud import dynamodb
from tests.model.mails import Trouble
from tests.ses import Ses, refusal
from tests.table_dump import Tables
from tests.world import Person, World, fresh_world

START = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
SESSION = timedelta(hours=1)
NEVER = 10**10  # seconds: weeks may pass at once here, in which a real queue would have tried again and again
LEEWAY = timedelta(seconds=31)  # after its expiry no sign-in counts any more


ERRORS: Mapping[Trouble, tuple[str, Exception]] = {
    Trouble.DOWN: ("before", refusal("ThrottlingException", "slow down")),
    Trouble.REJECTS: ("before", refusal("MessageRejected", "Illegal address")),
    Trouble.MUTE: ("after", ReadTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com")),
}


class Deployment:
    """A world on moto that can be used again and again."""

    def __init__(self, world: World, ses: Ses, clock: time_machine.Traveller) -> None:
        self.world, self.ses, self.clock = world, ses, clock
        self.troubles: dict[str, Trouble] = {}
        self._sessions: dict[tuple[str, str, bool], tuple[datetime, Person]] = {}

    def empty(self, patch: pytest.MonkeyPatch, **overrides: str) -> None:
        """Back to the beginning, with those settings: no items, no messages, no mails."""
        for table in dynamodb().tables.values():
            table.items.clear()
        sqs = boto3.client("sqs")
        sqs.delete_queue(QueueUrl=settings.current().email_queue_url)
        sqs.create_queue(QueueName="emails")  # a queue may be purged once a minute only
        queue: Any = get_backend("sqs")[DEFAULT_ACCOUNT_ID]["us-east-1"].queues["emails"]
        queue.message_retention_period = NEVER
        self.ses.sent.clear()
        self.heal()
        self._sessions.clear()
        identities.forget_all()
        for name, value in overrides.items():
            patch.setenv(name, value)
        settings.current.cache_clear()
        self.clock.move_to(START)

    def trouble(self, address: str, trouble: Trouble) -> None:
        """From now on mails to that address fail in that way."""
        self.troubles[address], self.ses.troubles[address] = trouble, ERRORS[trouble]

    def heal(self) -> None:
        """Mails to every address get through again."""
        self.troubles.clear()
        self.ses.troubles.clear()

    def session(self, identity: str, email: str, *, verified: bool, now: datetime) -> Person:
        """A sign-in that is good for an hour, and used as long as it is good."""
        until, person = self._sessions.get((identity, email, verified), (now, None))
        if person is None or until <= now:
            person = self.world.person(email, sub=identity, email_verified=verified)
            self._sessions[identity, email, verified] = (now + SESSION, person)
        return person

    def ended_sessions(self, now: datetime) -> list[Person]:
        """The sign-ins that are over."""
        return [person for until, person in self._sessions.values() if until + LEEWAY < now]

    def tables(self) -> Tables:
        """Everything that is stored, as DynamoDB JSON."""
        return {name: _items(name) for name in dynamodb().tables}


@contextmanager
def deployed(issuer: Issuer, zuora: FakeZuora) -> Iterator[Deployment]:
    """A deployment in frozen time."""
    with (
        time_machine.travel(START, tick=False) as clock,
        pytest.MonkeyPatch.context() as patch,
        fresh_world(issuer, zuora, patch) as world,
    ):
        _speed_up_more(patch)
        yield Deployment(world, world.ses, clock)


def _speed_up_more(patch: pytest.MonkeyPatch) -> None:
    """For thousands of steps: reads without the way through HTTP."""
    patch.setattr(World, "items", lambda _world, table: _items(table))
    patch.setattr(connection.client(), "batch_get_item", batch_get_item)


def batch_get_item(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 -- DynamoDB's name
    """What BatchGetItem answers, from the same tables."""
    found = {
        table: [item.to_json()["Attributes"] for key in wanted["Keys"] if (item := dynamodb().get_item(table, key))]
        for table, wanted in RequestItems.items()
    }
    return {"Responses": deepcopy(found), "UnprocessedKeys": {}}


def _items(table: str) -> list[dict[str, Any]]:
    return [item.to_json()["Attributes"] for item in dynamodb().tables[table].all_items()]
