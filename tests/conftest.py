"""Fixtures: a mocked AWS with the template's tables, a fake Zuora, an issuer, and the app behind a gateway."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.environment import AWS, SETTINGS

os.environ.update(AWS | SETTINGS)  # before anything makes a client

from app import app as the_app
from chalicelib.domain import event_facts
from chalicelib.domain.events import Event
from chalicelib.store import history
from chalicelib.store.transaction import Step
from devstack.issuer import Issuer, dev_issuer
from devstack.zuora import FakeZuora, fake_zuora
from tests.world import ZUORA_ID, ZUORA_SECRET, World, fresh_world

the_app.register_all()  # for tests that go through all routes

# ``ci`` (the default) tries the same inputs every time, so that a change is judged by itself; the others vary
hypothesis.settings.register_profile("ci", derandomize=True, database=None, deadline=None)
for _elsewhere in ("raw", "long"):
    hypothesis.settings.register_profile(_elsewhere, derandomize=False, print_blob=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

ON_THE_STACK = ("tests/e2e/", "tests/races/")


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes longest first: the running stack, then the state machines.

    On the stack the walkthrough runs first, and tests that leave much data behind run last.
    """
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> tuple[bool, bool, bool]:
    on_the_stack = nodeid.startswith(ON_THE_STACK)
    first = "test_walkthrough" if on_the_stack else "/model/"
    return not on_the_stack, first not in nodeid, "test_schemathesis" in nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Keep the tests of the running stack on one worker, so that it is booted once; the others go one by one."""
    return _StackTogether(config, log)


class _StackTogether(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith(ON_THE_STACK) else nodeid


@pytest.fixture(scope="session", autouse=True)
def who_may_see_is_decided() -> Iterator[None]:
    """No test records a fact for which ``domain/event_types.py`` does not say whether managers may see it (R40)."""
    record = history.record

    def decided(event: Event) -> Step:
        forgotten = event_facts.undecided(event)
        if forgotten:  # printed as well: the service logs no message of an error
            sys.stderr.write(f"{event.type}: who may see {forgotten}? Decide it in domain/event_types.py\n")
            raise AssertionError(forgotten)
        return record(event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "record", decided)
        yield


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
