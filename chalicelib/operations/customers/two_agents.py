"""Unlinking a sign-in and changing the address of the same customer takes two support agents (R67).

Somebody who does both can sign in as the customer: the next sign-in with the new address, verified, binds them.
"""

from datetime import datetime, timedelta

from chalicelib.domain.customers import Customer, Touch
from chalicelib.domain.errors import SecondAgentNeeded
from chalicelib.operations.support import Desk

APART = timedelta(days=1)


def touch(desk: Desk, *, now: datetime) -> Touch:
    """What the customer keeps of who did the first of the two."""
    return Touch(desk.actor, desk.person.identity, now)


def may_change_address(desk: Desk, customer: Customer, *, now: datetime) -> None:
    """Refuses with SecondAgentNeeded who has unlinked the customer within a day."""
    _not_after(desk, customer.unlinked, now)


def may_unlink(desk: Desk, customer: Customer, *, now: datetime) -> None:
    """Refuses with SecondAgentNeeded who has changed the customer's address within a day."""
    _not_after(desk, customer.moved, now)


def _not_after(desk: Desk, other: Touch | None, now: datetime) -> None:
    if other is None or not desk.house.two_agents or not other.is_of(desk.actor, desk.person.identity):
        return
    if now < other.at + APART:
        raise SecondAgentNeeded(not_before=other.at + APART)
