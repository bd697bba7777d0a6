"""A fake Zuora per test, on a free port, with a clock that stands still until it is moved."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from devstack.zuora import FakeZuora, fake_zuora
from tests.devstack.raw import CLIENT_ID, CLIENT_SECRET, Raw


@dataclass
class Clock:
    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeZuora]:
    with fake_zuora(port=0, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, clock=clock, linger=10) as running:
        yield running


@pytest.fixture
def raw(fake: FakeZuora) -> Raw:
    return Raw(fake)
