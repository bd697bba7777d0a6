"""The negative control: without its conditions the same operation breaks, and the harness sees it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.operations.invitations import accept_invitation
from chalicelib.store.transaction import Step, commit
from tests.invariants import violations_in
from tests.races.people import Held, person
from tests.races.race_kit import CROWD, Arena, rounds

ROUNDS = len(rounds(8))


def commit_whatever(*steps: Step | None, **options: Any) -> None:
    """Check-then-act: the same reads and checks, the same writes, but without conditions."""
    loose = [replace(step, request=_unconditional(step.request)) for step in steps if step is not None]
    commit(*loose, **options)


def _unconditional(request: dict[str, Any]) -> dict[str, Any]:
    """A condition that is always true, with all its names and values still in use (DynamoDB requires that)."""
    return {**request, "ConditionExpression": f"{request['ConditionExpression']} OR attribute_not_exists(never_there)"}


def broken(arena: Arena, accounts: list[Held]) -> list[Held]:
    """The accounts that a violated invariant names."""
    found = violations_in(arena.tables())
    return [held for held in accounts if any(held.id in text for text in found)]


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_clicks_of_one_person_break_an_unconditional_accept(
    arena: Arena, monkeypatch: pytest.MonkeyPatch, *, conditions: bool
) -> None:
    """I2, I5: at least three rounds in ten are caught without the conditions, and none with them."""
    if not conditions:
        monkeypatch.setattr(accept_invitation, "commit", commit_whatever)
    rounds = [arena.account() for _ in range(ROUNDS)]
    for number, held in enumerate(rounds):
        who = person(f"careless{number}@acme.example")
        arena.together(*[arena.accepting(who, arena.invite(held.owner, held.id, who.address))] * CROWD)

    caught = len(broken(arena, rounds))
    assert caught == 0 if conditions else caught >= 0.3 * ROUNDS


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_holders_of_one_link_break_an_unconditional_accept(
    arena: Arena, monkeypatch: pytest.MonkeyPatch, *, conditions: bool
) -> None:
    """I1: the same for a link and several people."""
    if not conditions:
        monkeypatch.setattr(accept_invitation, "commit", commit_whatever)
    rounds = [arena.account() for _ in range(ROUNDS)]
    for number, held in enumerate(rounds):
        claim = arena.link(held.owner, held.id)
        holders = [person(f"holder{number}-{each}@elsewhere.example") for each in range(4)]
        arena.together(*[arena.accepting(who, claim) for who in holders])

    caught = len(broken(arena, rounds))
    assert caught == 0 if conditions else caught >= 0.3 * ROUNDS
