"""The negative control: without its conditions the same operation breaks, and the harness sees it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.operations.invitations import accept_invitation
from chalicelib.store.transaction import Step, commit
from tests.invariants import violations_in
from tests.races.people import RaceAccount, person
from tests.races.race_kit import CROWD, RaceKit, rounds

ROUNDS = len(rounds(8))


def commit_whatever(*steps: Step | None, **options: Any) -> None:
    """Check-then-act: the same reads and checks, the same writes, but without conditions."""
    loose = [replace(step, request=_unconditional(step.request)) for step in steps if step is not None]
    commit(*loose, **options)


def _unconditional(request: dict[str, Any]) -> dict[str, Any]:
    """A condition that is always true, with all its names and values still in use (DynamoDB requires that)."""
    return {**request, "ConditionExpression": f"{request['ConditionExpression']} OR attribute_not_exists(never_there)"}


def broken(kit: RaceKit, accounts: list[RaceAccount]) -> list[RaceAccount]:
    """The accounts that a violated invariant names."""
    found = violations_in(kit.tables())
    return [account for account in accounts if any(account.id in text for text in found)]


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_clicks_of_one_person_break_an_unconditional_accept(
    kit: RaceKit, monkeypatch: pytest.MonkeyPatch, *, conditions: bool
) -> None:
    """I2, I5: at least three rounds in ten are caught without the conditions, and none with them."""
    if not conditions:
        monkeypatch.setattr(accept_invitation, "commit", commit_whatever)
    rounds = [kit.account() for _ in range(ROUNDS)]
    for number, account in enumerate(rounds):
        who = person(f"careless{number}@acme.example")
        kit.together(*[kit.accepting(who, kit.invite(account.owner, account.id, who.address))] * CROWD)

    caught = len(broken(kit, rounds))
    assert caught == 0 if conditions else caught >= 0.3 * ROUNDS


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_holders_of_one_link_break_an_unconditional_accept(
    kit: RaceKit, monkeypatch: pytest.MonkeyPatch, *, conditions: bool
) -> None:
    """I1: the same for a link and several people."""
    if not conditions:
        monkeypatch.setattr(accept_invitation, "commit", commit_whatever)
    rounds = [kit.account() for _ in range(ROUNDS)]
    for number, account in enumerate(rounds):
        claim = kit.link(account.owner, account.id)
        holders = [person(f"holder{number}-{each}@elsewhere.example") for each in range(4)]
        kit.together(*[kit.accepting(who, claim) for who in holders])

    caught = len(broken(kit, rounds))
    assert caught == 0 if conditions else caught >= 0.3 * ROUNDS
