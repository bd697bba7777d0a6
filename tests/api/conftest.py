"""What the tests at the API share. A module uses ``matrix`` or ``world``, never both: each mocks AWS for itself."""

from collections.abc import Iterator

import pytest

from devstack.issuer import Issuer
from devstack.zuora import FakeZuora
from tests.api.role_matrix import RoleMatrix, set_stage
from tests.api.team import Team, new_team
from tests.world import Tables, World


@pytest.fixture
def team(world: World) -> Team:
    """Acme's team on a fresh account."""
    return new_team(world)


@pytest.fixture(scope="module")
def _set_stage(issuer: Issuer, zuora_server: FakeZuora) -> Iterator[tuple[RoleMatrix, Tables]]:
    with set_stage(issuer, zuora_server) as made:
        yield made, made.world.everything()


@pytest.fixture
def matrix(_set_stage: tuple[RoleMatrix, Tables]) -> Iterator[RoleMatrix]:
    """The people of the role matrix, created once per module; the tables are restored after every test."""
    made, before = _set_stage
    yield made
    made.world.rewind(before)
