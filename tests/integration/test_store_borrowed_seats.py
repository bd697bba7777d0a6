"""A borrowed seat is returned as it was read, and no lost race returns it twice (R7, R66, I2)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Changed
from chalicelib.domain.memberships import Role
from chalicelib.store import accounts, seats
from chalicelib.store.transaction import Step
from tests.integration.store_fixtures import an_account, meanwhile, read, refusal

pytestmark = pytest.mark.usefixtures("tables")

LENT = {
    "max_managers": 6, "borrowed_seats": 1, "seats_used": 5, "manager_count": 4, "managing_count": 4, "admin_count": 2,
    "pending_count": 1,
}  # fmt: skip


def returned(it: Account) -> Step:
    step = seats.return_borrowed_seat(it, pending=1, borrowed=it.borrowed_seats)
    assert step is not None
    return step


def removed(it: Account) -> Step:
    address = Address("carl@acme.example")
    return seats.remove_manager(
        it, role=Role.MANAGER, addresses=frozenset({address}), pending=0, returned_seats=it.borrowed_seats
    )


STEPS = {"the transfer ends": (returned, 4), "the old owner is let out": (removed, 4)}


@pytest.mark.parametrize("which", STEPS)
def test_a_borrowed_seat_is_returned_at_the_end(which: str) -> None:
    """R66, I2: the account has its own limit again."""
    step, used = STEPS[which]
    it = an_account(**LENT)
    assert refusal(step(it)) is None
    now = read(accounts.key(it.id))
    assert (now.max_managers, now.borrowed_seats, now.seats_used) == (5, 0, used)


@pytest.mark.parametrize("which", STEPS)
@pytest.mark.parametrize(
    "then",
    [{"max_managers": 9}, {"max_managers": 5, "borrowed_seats": None}, {"borrowed_seats": None}, {"seats_used": 6}],
    ids=["another bound", "given back", "nothing borrowed any more", "one seat more in use"],
)
def test_a_limit_that_changed_meanwhile_causes_a_reread(which: str, then: dict[str, Any]) -> None:
    """R7, R66: support may have set another one, or a seat may have been taken."""
    step: Callable[[Account], Step] = STEPS[which][0]
    it = an_account(**LENT)
    made = step(it)
    meanwhile("Accounts", {"key": it.id}, **then)
    before = read(accounts.key(it.id))
    assert isinstance(refusal(made), Changed)
    assert read(accounts.key(it.id)) == before
