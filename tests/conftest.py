"""Fixtures: a mocked AWS with the template's tables, a fake Zuora, an issuer, and the app behind a gateway."""

import os
from collections.abc import Iterator

import pytest

from tests.environment import AWS, SETTINGS

os.environ.update(AWS | SETTINGS)  # before anything makes a client

from devstack.issuer import Issuer, dev_issuer
from devstack.zuora import FakeZuora, fake_zuora
from tests.world import ZUORA_ID, ZUORA_SECRET, World, fresh_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the running stack on one worker, and start what takes longest first."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()) or "e2e" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("stack"))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("xdist_group"):
        return 0
    return 1 if "model" in item.path.parts else 2


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """A dev issuer that serves its keys."""
    with dev_issuer(port=0) as running:
        yield running


@pytest.fixture(scope="session")
def zuora_server() -> Iterator[FakeZuora]:
    """A fake Zuora for the whole run."""
    with fake_zuora(port=0, client_id=ZUORA_ID, client_secret=ZUORA_SECRET) as running:
        yield running


@pytest.fixture
def world(issuer: Issuer, zuora_server: FakeZuora, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fresh deployment: empty tables, empty queue, empty Zuora, no mails."""
    with fresh_world(issuer, zuora_server, monkeypatch) as made:
        yield made
