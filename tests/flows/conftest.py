"""Fixtures: one deployment for a module, in which every test begins with the same case."""

import pytest

from tests.flows.two_manager_case import Case, Snapshot
from tests.integration.conftest import tables
from tests.world import World

__all__ = ["tables"]


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Case]:
    return Snapshot(Case(tables))


@pytest.fixture
def case(beginning: Snapshot[Case]) -> Case:
    return beginning.again()
