"""Races around a choice of Sold To or Bill To: whoever is it in Zuora, or is to be, manages the account (R32)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from threading import Barrier
from typing import Any, cast

import pytest

from chalicelib import wiring
from chalicelib.clients.zuora import Zuora
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.people import SignedIn
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.failures import Permanent
from chalicelib.operations.contacts import choose_contact
from chalicelib.operations.managers import remove_manager
from chalicelib.operations.managers.remove_manager import leave, remove
from chalicelib.operations.zuora.sync_account import act_on
from chalicelib.store.transaction import Step, commit
from tests import table_dump
from tests.races.people import OneAccountZuora, RaceAccount, id_of, refusals, successes
from tests.races.race_kit import RaceKit, context, rounds
from tests.races.test_control import commit_whatever

ROUNDS = len(rounds(6))


class Pointing(OneAccountZuora):
    """A Zuora that makes contacts and points to them, unless it refuses to for good."""

    def __init__(self, owner: SignedIn, *, refuses: bool) -> None:
        super().__init__(owner, "")
        self._refuses = refuses
        self._made: list[ZuoraContact] = []
        self._sold_to: ZuoraContact | None = None

    def account(self, key: str) -> ZuoraAccount:
        """The account as it is now."""
        first = super().account(key)
        return first if self._sold_to is None else replace(first, sold_to=self._sold_to)

    def contacts_of(self, _account_id: str) -> list[ZuoraContact]:
        """None but those that were made here."""
        return self._made

    def create_contact(self, account_id: str, fields: Mapping[str, str], *, idempotency_key: str) -> ZuoraContact:
        """A new contact."""
        empty = dict.fromkeys(("address1", "address2", "city", "state", "postal_code", "country"), "")
        self._made.append(ZuoraContact(id=idempotency_key, account_id=account_id, **{**empty, **fields}))
        return self._made[-1]

    def set_account_contacts(self, _account_id: str, *, sold_to: str) -> None:
        """Points to it, or does not."""
        if self._refuses:
            raise Permanent("58560020", "The account is cancelled")
        (self._sold_to,) = [each for each in self._made if each.id == sold_to]


def choosing(
    by: SignedIn, account: RaceAccount, whom: SignedIn, part: ContactRole = ContactRole.SOLD_TO
) -> Callable[[], Any]:
    """Somebody chooses a manager, for later."""
    return partial(choose_contact.choose_manager, by, account.id, part, id_of(whom), context=context())


def going(account: RaceAccount, whom: SignedIn, *, by: SignedIn | None = None) -> Callable[[], Any]:
    """Somebody leaves, or is removed by another, for later."""
    if by is None:
        return partial(leave, whom, account.id, now=wiring.now())
    return partial(remove, by, account.id, id_of(whom), context=context())


def unmanaged(kit: RaceKit) -> list[str]:
    """R32: who is, or is to be, a contact by choice and does not manage the account, as sentences that name it."""
    read = table_dump.read(kit.tables())
    found = []
    for account_id, account in read.accounts.items():
        here = {read.customers[each]["address"] for each in read.members(account_id)}
        for part in ContactRole:
            named = {account.get(f"{part.value}_address")} - {None} | set(account.get(f"{part.value}_next", ()))
            found += [f"R32: {part.value} of {account_id} does not manage it" for _ in named - here]
    return found


def in_order(kit: RaceKit) -> None:
    """All invariants hold, and whoever was chosen is there."""
    kit.require_order()
    assert unmanaged(kit) == []


@pytest.mark.parametrize("part", ContactRole)
@pytest.mark.parametrize("how", ["leaves", "is removed", "chooses oneself"])
def test_who_is_chosen_while_they_go_either_stays_or_is_not_chosen(kit: RaceKit, part: ContactRole, how: str) -> None:
    """R32, I5: exactly one of both happens, and the other is refused with the right word."""
    for _ in range(ROUNDS):
        account = kit.account(managers=2)
        mark, mona = account.managers
        by = mark if how == "chooses oneself" else account.owner

        chosen, gone = kit.together(
            choosing(by, account, mark, part), going(account, mark, by=mona if how == "is removed" else None)
        )

        assert len(successes([chosen, gone])) == 1
        assert set(refusals([gone])) <= {f"is_{part.value}_contact"}
        assert set(refusals([chosen])) <= {"account_not_found" if by is mark else "manager_not_found"}
    in_order(kit)


@pytest.mark.parametrize("refuses", [False, True], ids=["Zuora takes it", "Zuora refuses it"])
def test_the_guard_has_no_gap_while_a_choice_arrives_in_zuora(kit: RaceKit, *, refuses: bool) -> None:
    """R32: whoever was chosen stays from the choice on; who was it goes once they are it no more, and not before."""
    for _ in range(ROUNDS):
        account = kit.account(managers=2)
        mark, mona = account.managers
        kit.set_account(account.id, sold_to_address=str(account.owner.address))
        choosing(account.owner, account, mark)()
        (event,) = [it for it in table_dump.read(kit.tables()).events_of(account.id) if it.type == "sold_to_changed"]
        zuora = cast(Zuora, Pointing(account.owner, refuses=refuses))

        done, removed, left = kit.together(
            partial(act_on, event.stream, event.id, zuora=zuora, now=wiring.now),
            going(account, mark, by=mona),
            going(account, account.owner),
        )

        assert done["failed" if refuses else "placed"] == 1
        may_go, stays = (removed, left) if refuses else (left, removed)
        assert refusals([stays]) == ["is_sold_to_contact"]
        assert set(refusals([may_go])) <= {"is_sold_to_contact"}
    in_order(kit)


def meeting(commit: Callable[..., None]) -> Callable[..., None]:
    """That commit, which the first two of a round begin only when both have read and checked."""
    arrived, start = count(), Barrier(2)

    def met(*steps: Step | None, **options: Any) -> None:
        if next(arrived) < 2:
            start.wait()
        commit(*steps, **options)

    return met


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_choice_is_caught(kit: RaceKit, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """R32: the negative control: who is chosen goes, though both were checked."""
    all_held = [kit.account(managers=1) for _ in range(ROUNDS)]
    for account in all_held:
        met = meeting(commit if conditions else commit_whatever)
        monkeypatch.setattr(choose_contact, "commit", met)
        monkeypatch.setattr(remove_manager, "commit", met)
        (mark,) = account.managers
        kit.together(going(account, mark), choosing(account.owner, account, mark))
    found = unmanaged(kit)
    caught = sum(any(account.id in text for text in found) for account in all_held)
    assert caught == (0 if conditions else ROUNDS)
