"""Histories of concurrent accepts, revocations and reads are those of some order of the same calls."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.domain.errors import Busy, DomainError
from chalicelib.domain.people import SignedIn
from chalicelib.operations.invitations import accept_invitation
from chalicelib.operations.invitations.accept_invitation import InvitationRef
from chalicelib.operations.invitations.list_invitations import view
from tests.races.flaky import Flaky, Trouble
from tests.races.linearizability import Call, is_linearizable
from tests.races.people import person
from tests.races.race_kit import RaceKit, rounds
from tests.races.test_control import commit_whatever

CLIENTS = 4


class Recorder:
    """Makes up what four clients do with one link, has them do it at once, and writes down what they saw."""

    def __init__(self, kit: RaceKit, seed: int) -> None:
        self.undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext
        self._arena = kit
        self._move()
        self._dice = random.Random(seed)  # noqa: S311 -- the same plans in every run
        self._histories = 0

    def history(self) -> list[Call]:
        """The calls of one history, the last one a read when all others were over."""
        self._histories += 1
        with self.undisturbed():
            if self._histories % 10 == 0:  # links that nobody took stay pending
                self._move()
            claim = self._arena.link(self._owner, self._account_id)
        people = [person(f"client{self._histories}-{each}@elsewhere.example") for each in range(CLIENTS)]
        plans = [partial(self._play, who, claim, self._plan()) for who in people]
        calls = [call for played in self._arena.together(*plans) for call in played]
        return [*calls, self._call(self._owner, claim, "read")]

    def _move(self) -> None:
        account = self._arena.account()
        self._owner, self._account_id = account.owner, account.id

    def _plan(self) -> list[str]:
        return self._dice.choices(["accept", "revoke", "read"], [0.6, 0.2, 0.2], k=self._dice.choice([1, 2]))

    def _play(self, who: SignedIn, claim: InvitationRef, plan: list[str]) -> list[Call]:
        return [self._call(who, claim, what) for what in plan]

    def _call(self, who: SignedIn, claim: InvitationRef, what: str) -> Call:
        began = time.monotonic()
        result = self._result(who, claim, what)
        return Call(began, time.monotonic(), str(who.address), what, result)

    def _result(self, who: SignedIn, claim: InvitationRef, what: str) -> str | None:
        try:
            if what == "accept":
                return "again" if self._arena.accept(who, claim).repeated else "joined"
            if what == "revoke":
                return self._arena.revoking(self._owner, claim)().status.value
            return view(self._owner, claim.account_id, claim.invitation_id, now=wiring.now()).status.value
        except Busy:
            return None
        except DomainError as refusal:
            return refusal.code


def test_every_history_has_an_order_that_explains_it(kit: RaceKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """S10, R16, R19: histories of four clients, with conflicts and lost answers among them."""
    recorder = Recorder(kit, seed=1)
    recorder.undisturbed = Flaky(monkeypatch, {Trouble.CONFLICT: 0.1, Trouble.SILENCE: 0.1}).undisturbed

    histories = [recorder.history() for _ in rounds(150)]

    assert [each for each in histories if not is_linearizable(each)] == []
    assert any(call.result is None for history in histories for call in history)
    answers = {call.result for history in histories for call in history}
    assert answers >= {"joined", "again", "accepted", "revoked", "invitation_used", "invitation_revoked"}
    kit.require_order()


def test_a_careless_accept_has_histories_without_an_order(kit: RaceKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: at least three histories in ten of check-then-act are flagged."""
    monkeypatch.setattr(accept_invitation, "commit", commit_whatever)
    recorder = Recorder(kit, seed=2)

    histories = [recorder.history() for _ in rounds(40)]

    assert sum(not is_linearizable(each) for each in histories) >= 0.3 * len(histories)


def call(began: float, ended: float, client: str, what: str, result: str | None) -> Call:
    return Call(began, ended, client, what, result)


def test_the_checker_lets_one_after_the_other_pass() -> None:
    history = [
        call(0, 1, "ann", "accept", "joined"),
        call(2, 3, "ann", "accept", "again"),
        call(4, 5, "ben", "accept", "invitation_used"),
        call(6, 7, "eve", "revoke", "invitation_accepted"),
        call(8, 9, "eve", "read", "accepted"),
    ]
    assert is_linearizable(history)
    assert not is_linearizable([*history[1:], replace(history[0], began=10, ended=11)])


def test_the_checker_finds_the_order_of_calls_that_overlap() -> None:
    """Ben began first and ended last; he can only have come second."""
    history = [
        call(0, 9, "ben", "accept", "invitation_used"),
        call(1, 2, "ann", "accept", "joined"),
        call(10, 11, "eve", "read", "accepted"),
    ]
    assert is_linearizable(history)


@pytest.mark.parametrize(
    "history",
    [
        [call(0, 2, "ann", "accept", "joined"), call(1, 3, "ben", "accept", "joined")],
        [call(0, 2, "ann", "accept", "joined"), call(1, 3, "eve", "revoke", "revoked")],
        [call(0, 1, "ann", "accept", "joined"), call(2, 3, "eve", "read", "pending")],
        [call(0, 1, "eve", "read", "accepted"), call(2, 3, "ann", "accept", "joined")],
        [call(0, 1, "eve", "revoke", "revoked"), call(2, 3, "ann", "accept", "joined")],
    ],
    ids=["two winners", "accepted and revoked", "stale read", "read of the future", "accepted after the end"],
)
def test_the_checker_flags_what_no_order_explains(history: list[Call]) -> None:
    assert not is_linearizable(history)


@pytest.mark.parametrize("seen", ["pending", "accepted"])
def test_the_checker_lets_an_unanswered_call_happen_late_or_never(seen: str) -> None:
    unanswered = call(0, 1, "ann", "accept", None)
    assert is_linearizable([unanswered, call(5, 6, "eve", "read", seen)])
    assert not is_linearizable([unanswered, call(5, 6, "eve", "read", "revoked")])
