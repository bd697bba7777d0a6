"""The state of a transfer, and the three things a step can do: advance, wait, give up (R66)."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from chalicelib import ids
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact
from chalicelib.domain.memberships import Membership
from chalicelib.domain.transfers import State, Transfer
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.transfers.transfer_ends import ending, event_of
from chalicelib.store import customers, history, invitations, memberships, reading, transfers
from chalicelib.store.transaction import Step, commit


@frozen
class TransferAttempt:
    """A transfer at the state in which it was read, with its account."""

    transfer: Transfer
    account: Account
    context: Context

    def move(self, after: Transfer, *steps: Step | None, facts: Mapping[str, Fact] = MappingProxyType({})) -> bool:
        """Writes what the step does, and the transfer's next state, in one transaction."""
        now = self.context.now
        kind = EventType.TRANSFER_ENDED if after.state.is_end else EventType.TRANSFER_ADVANCED
        (event_id,) = ids.event_ids(now, 1)
        event = event_of(after, kind, event_id, actor=self.transfer.started_by, now=now, facts=facts)
        commit(*transfers.advance(self.transfer, after, now=now), *steps, history.record(event))
        return True

    def to(self, state: State, *steps: Step | None) -> bool:
        """The same to another state, and nothing else different."""
        return self.move(self.transfer.moved(state, now=self.context.now), *steps)

    def wait(self, error: str | None = None) -> bool:
        """Stays where it is; what it waits for is written down when that is news."""
        before = self.transfer
        if before.error == error:
            return False
        after = replace(before, error=error, version=before.version + 1)
        self.move(after)
        return False

    def fail(self, error: str) -> bool:
        """Ends the transfer; what has happened stays, what it holds is given back."""
        before, now = self.transfer, self.context.now
        after = before.moved(State.FAILED, now=now, error=error)
        awaited = (
            reading.one(invitations.key(before.account_id, before.invitation_id)) if before.invitation_id else None
        )
        commit(*ending(self.account, before, after, awaited, actor=before.started_by, facts={}, now=now))
        return True

    @property
    def borrows(self) -> int:
        """Whether a seat has to be borrowed for the time in which both are in (R7)."""
        bound = self.account.max_managers
        return int(bound is not None and self.account.seats_used >= bound and not self.account.borrowed_seats)


def new_owner(transfer: Transfer) -> tuple[Membership | None, Customer | None]:
    """The new owner's place on the account and their record, as far as there are any."""
    customer_id = transfer.to_customer_id or ""
    return reading.batch(memberships.key(transfer.account_id, customer_id), customers.key(customer_id))
