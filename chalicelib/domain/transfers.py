"""Transfers of ownership: new manager in, Sold To changed, old manager out, in this order (R66)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.addresses import Address
from chalicelib.domain.events import Fact
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen


class State(StrEnum):
    """The state of a transfer. The last three are final."""

    STARTED = "started"
    INVITED = "invited"
    JOINED = "joined"
    SOLD_TO_REQUESTED = "sold_to_requested"
    SOLD_TO_SYNCED = "sold_to_synced"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """True for a final state."""
        return self in {State.COMPLETED, State.FAILED, State.CANCELLED}


class Entry(StrEnum):
    """What a transfer has done for the new owner on the account."""

    LET_IN = "let_in"
    RAISED = "raised"  # was there, and has a higher role now
    THERE = "there"  # was there, with role enough


STEPS: tuple[tuple[str, State], ...] = (
    ("new_manager", State.JOINED),
    ("sold_to_requested", State.SOLD_TO_REQUESTED),
    ("sold_to_synced", State.SOLD_TO_SYNCED),
    ("old_manager_removed", State.COMPLETED),
)
"""What people are shown, and the state that each step leads to."""


@frozen
class Transfer:
    """A transfer of one account from one person to another.

    ``to_address`` is that of somebody who has no record yet, and is forgotten once they have one.
    ``started_by_identity`` is the sign-in of the agent who started it (R67). ``own_invitation`` says that the
    invitation was made for the transfer, and not sent before by somebody else. ``new_manager`` is what it has done for
    the new owner so far. ``done`` says when each state was reached. ``error`` is what the transfer waits for, or failed
    from, as a code.
    """

    id: str
    account_id: str
    state: State
    from_customer_id: str
    to_customer_id: str | None
    to_address: Address | None
    role: Role
    proof: Mapping[str, Fact]
    started_by: Actor
    started_at: datetime
    ticket_url: str
    invitation_id: str | None = None
    own_invitation: bool = False
    done: Mapping[str, str] | None = None
    error: str | None = None
    ended_at: datetime | None = None
    version: int = 1
    started_by_identity: str | None = None
    new_manager: Entry | None = None

    @property
    def facts(self) -> dict[str, Fact]:
        """Extra facts added to every event that the transfer causes."""
        return {"transfer_id": self.id, "ticket_url": self.ticket_url}

    def moved(self, state: State, *, now: datetime, error: str | None = None) -> "Transfer":
        """The transfer in its next state. At an end the address of the new owner is forgotten."""
        return replace(
            self,
            state=state,
            done={**(self.done or {}), state.value: now.isoformat()},
            error=error,
            ended_at=now if state.is_end else None,
            to_address=None if state.is_end or self.to_customer_id else self.to_address,
            version=self.version + 1,
        )

    def reached(self, state: State) -> datetime | None:
        """When the state was reached, None if it was not."""
        moment = (self.done or {}).get(state.value)
        return None if moment is None else datetime.fromisoformat(moment)


WAITS_FOR: Mapping[State, str | None] = {
    State.STARTED: "the worker",
    State.INVITED: "the new owner's acceptance",
    State.JOINED: "the worker",
    State.SOLD_TO_REQUESTED: "Zuora",
    State.SOLD_TO_SYNCED: "the worker",
    State.COMPLETED: None,
    State.FAILED: None,
    State.CANCELLED: None,
}
"""Who has to do something for a transfer to go on."""
