"""Fixtures for races: the running stack's DynamoDB, with fresh tables."""

from collections.abc import Iterator

import pytest

from devstack.stack import Stack
from tests.races.race_kit import RaceKit, opened_arena


def pytest_configure(config: pytest.Config) -> None:
    """Loads the stack plugin; every test that needs the stack shares it."""
    config.pluginmanager.import_plugin("tests.stack")


@pytest.fixture
def kit(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[RaceKit]:
    """Fresh tables in the stack's DynamoDB, and people who all act at once."""
    with opened_arena(stack, monkeypatch) as opened:
        yield opened
