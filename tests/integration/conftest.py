"""Fixtures for the tests of the store."""

from collections.abc import Iterator

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.world import World, fresh_world


@pytest.fixture(scope="module")
def tables(issuer: Issuer, zuora_server: FakeZuora) -> Iterator[World]:
    """One deployment for all tests of a module, each of which uses its own ids (see ``store_fixtures``)."""
    with pytest.MonkeyPatch.context() as patch, fresh_world(issuer, zuora_server, patch) as world:
        yield world
