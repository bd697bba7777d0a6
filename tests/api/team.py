"""An account with one person in each role, and a way to let time pass for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from tests.world import Person, World

_MONTHS = 90 * 86400


@dataclass(frozen=True, slots=True)
class Team:
    """Acme's account: Olga is its admin, Sold To and Bill To; Carl is a manager, Vera a viewer."""

    account: str
    olga: Person
    carl: Person
    vera: Person

    @property
    def path(self) -> str:
        """The account's path."""
        return f"/v1/billing-accounts/{self.account}"


def somebody(world: World, name: str, **claims: Any) -> Person:
    """``name`` at acme.example, with a token that outlives the travels of a test."""
    return world.person(f"{name}@acme.example", expires_in=_MONTHS, **claims)


def new_team(world: World, *, managed_by: str = "managers", **zuora: Any) -> Team:
    """A team on a new account with that policy; ``zuora`` is what Zuora has on the account."""
    olga, carl, vera = (somebody(world, name) for name in ("olga", "carl", "vera"))
    account = world.account(olga, **zuora)
    world.add(olga, account, carl)
    world.add(olga, account, vera, role="viewer")
    world.pipeline.lose_stream()  # so that a test sees only its own mails
    world.set_account(account, managed_by=managed_by)
    return Team(account, olga, carl, vera)


@contextmanager
def later(**span: float) -> Iterator[None]:
    """The block runs that much later, given as for ``timedelta``."""
    with time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=True):
        yield
