"""Fixtures for races: the running stack's DynamoDB, and an arena in it."""

from collections.abc import Iterator

import pytest

from devstack.stack import Stack
from tests.races.race_kit import Arena, opened_arena


def pytest_configure(config: pytest.Config) -> None:
    """Loads the stack; whoever needs it gets the same one."""
    config.pluginmanager.import_plugin("tests.stack")


@pytest.fixture
def arena(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    """Fresh tables in the stack's DynamoDB, and people who all act at once."""
    with opened_arena(stack, monkeypatch) as opened:
        yield opened
