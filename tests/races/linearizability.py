"""Whether what concurrent callers saw could have happened in some order, one after the other (Wing and Gong).

The model is the life of one link invitation: pending until one person accepts it or somebody revokes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class State:
    """The invitation: its status, and who accepted it."""

    status: str = "pending"
    accepted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one client: when it began and ended, what was asked, and what came back.

    ``result`` is None when no answer came: the call may have taken effect at any time since, or never.
    """

    began: float
    ended: float
    client: str
    what: str
    result: str | None

    @property
    def last_moment(self) -> float:
        """Until when the call can have taken effect."""
        return inf if self.result is None else self.ended


def after(state: State, call: Call) -> tuple[str, State]:
    """What the call answers in that state, and the state after it."""
    if call.what == "read":
        return state.status, state
    if call.what == "accept":
        if state.status == "pending":
            return "joined", State("accepted", call.client)
        if state.status == "accepted":
            return "again" if state.accepted_by == call.client else "invitation_used", state
        return "invitation_revoked", state
    if state.status == "accepted":
        return "invitation_accepted", state
    return "revoked", State("revoked")


def is_linearizable(history: Sequence[Call]) -> bool:
    """Whether one order of the calls, each within its own time, explains every answer."""
    answered = sum(1 << place for place, call in enumerate(history) if call.result is not None)
    seen: set[tuple[int, State]] = set()

    def explain(done: int, state: State) -> bool:
        if done & answered == answered:
            return True
        if (done, state) in seen:
            return False
        seen.add((done, state))
        waiting = [place for place in range(len(history)) if not done >> place & 1]
        first_end = min(history[place].last_moment for place in waiting)
        for place in waiting:
            call = history[place]
            if call.began > first_end:  # another one was over before this one began
                continue
            answer, following = after(state, call)
            if call.result in (None, answer) and explain(done | 1 << place, following):
                return True
        return False

    return explain(0, State())
