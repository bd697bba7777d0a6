"""One team per module, restored after every test: setting it up takes longer than most of these tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
import pytest

from chalicelib import settings, wiring
from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.team import Team, new_team
from tests.world import Tables, World, fresh_world

Set = Callable[..., None]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    world: World
    team: Team
    tables: Tables


@pytest.fixture(scope="module")
def beginning(issuer: Issuer, zuora_server: FakeZuora) -> Iterator[_Snapshot]:
    with pytest.MonkeyPatch.context() as patch, fresh_world(issuer, zuora_server, patch) as made:
        team = new_team(made)
        yield _Snapshot(made, team, made.everything())


@pytest.fixture
def world(beginning: _Snapshot) -> Iterator[World]:
    """The deployment; afterwards the tables are restored, and the queue and the mailboxes are empty."""
    made = beginning.world
    yield made
    made.rewind(beginning.tables)
    made.ses.sent.clear()
    made.ses.failures.clear()
    url = settings.current().email_queue_url
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=url)
    assert sqs.create_queue(QueueName=url.rpartition("/")[2])["QueueUrl"] == url


@pytest.fixture
def team(world: World, beginning: _Snapshot) -> Team:
    return beginning.team


@pytest.fixture
def with_settings(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Changes settings for one test: ``with_settings(RETENTION_DAYS=3)``."""

    def change(**values: int | str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        settings.current.cache_clear()
        wiring.send_mails.cache_clear()

    yield change
    monkeypatch.undo()
    settings.current.cache_clear()
    wiring.send_mails.cache_clear()
