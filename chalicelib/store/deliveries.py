"""Deliveries: the claim on every mail, so that a duplicate message sends it once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Changed
from chalicelib.frozen import frozen
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import DeliveryItem, Raw
from chalicelib.store.transaction import Step, commit, delete, put, refuse_with, update

LEASE = timedelta(minutes=2)  # longer than the mail function may run, shorter than its queue hides a message
KEEP = timedelta(days=30)  # longer than a message can live in a queue and its dead-letter queue together


class State(StrEnum):
    """Claimed by a run of the mail function, or done with permanently."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class Delivery:
    """The delivery state of one mail."""

    id: str
    state: State
    lease_until: datetime | None
    attempts: int


class Taken(Changed):
    """Another run is about to send this mail, or did a moment ago and has not said so."""


def key(delivery_id: str) -> Key[Delivery]:
    """The key of a delivery."""
    return Key(DeliveryItem, delivery_id, None, load)


def load(raw: Raw) -> Delivery:
    """The delivery of a raw item."""
    it = item(DeliveryItem, raw)
    return Delivery(it.delivery_id, State(it.state), it.lease_until, int(it.attempts))


def claim(delivery_id: str, before: Delivery | None, *, now: datetime, counted: Sequence[Step] = ()) -> Delivery:
    """Takes the mail for two minutes. Refuses with Taken while somebody else has it.

    ``counted`` is what the mail draws on; its first claim does that and no other, and is refused as these Steps are.

    ``attempts`` above one means that an earlier run died between its claim and its mark: the mail may
    have been sent then.
    """
    if before is not None and before.lease_until is not None and before.lease_until > now:
        raise Taken
    mine = Delivery(delivery_id, State.CLAIMED, now + LEASE, before.attempts + 1 if before else 1)
    condition: Condition = DeliveryItem.delivery_id.does_not_exist()
    if before is not None:
        condition = (DeliveryItem.state == State.CLAIMED.value) & (DeliveryItem.attempts == before.attempts)
    new = DeliveryItem(
        delivery_id,
        state=mine.state,
        lease_until=mine.lease_until,
        attempts=mine.attempts,
        ttl=int((now + KEEP).timestamp()),
    )
    commit(put(new, condition=condition, refusal=refuse_with(Taken())), *(counted if before is None else ()))
    return mine


def skip(delivery_id: str, *, reason: str, now: datetime) -> None:
    """Leaves out a mail that nobody has claimed, permanently. Refuses with Taken when somebody has."""
    new = DeliveryItem(delivery_id, state=State.SKIPPED, attempts=0, reason=reason, ttl=int((now + KEEP).timestamp()))
    commit(put(new, condition=DeliveryItem.delivery_id.does_not_exist(), refusal=refuse_with(Taken())))


def release(mine: Delivery, *, was_counted: bool = False) -> None:
    """Gives back a claim under which certainly nothing was sent. What was counted is not counted again later."""
    here = DeliveryItem(mine.id)
    actions: list[Action] = [DeliveryItem.lease_until.remove()]
    if mine.attempts == 1:
        if not was_counted:
            commit(delete(here, condition=_is_mine(mine), refusal=refuse_with(Taken())))
            return
        actions.append(DeliveryItem.attempts.set(0))
    commit(update(here, actions, condition=_is_mine(mine), refusal=refuse_with(Taken())))


def done(mine: Delivery, state: State, *, message_id: str | None = None, reason: str | None = None) -> Step:
    """Marks what became of a claimed mail."""
    actions: list[Action] = [DeliveryItem.state.set(state.value), DeliveryItem.lease_until.remove()]
    if message_id is not None:
        actions.append(DeliveryItem.message_id.set(message_id))
    if reason is not None:
        actions.append(DeliveryItem.reason.set(reason))
    return update(DeliveryItem(mine.id), actions, condition=_is_mine(mine), refusal=refuse_with(Taken()))


def recipient(event_id: str) -> Key[Address]:
    """The key of an address that an event's mail goes to and that no table holds any more."""
    return Key(DeliveryItem, _recipient(event_id), None, lambda raw: Address(item(DeliveryItem, raw).address or ""))


def note_recipient(event_id: str, address: Address, *, now: datetime) -> Step:
    """Keeps an address for the farewell mail to it; deleted with the deliveries (30 days)."""
    new = DeliveryItem(
        _recipient(event_id),
        state=State.CLAIMED,
        attempts=0,
        address=address,
        ttl=int((now + KEEP).timestamp()),
    )
    return put(new, condition=DeliveryItem.delivery_id.does_not_exist(), refusal=refuse_with(Changed()))


def recipient_forgotten(event_id: str) -> Step:
    """Takes the address out of such a note; Changed when there is none any more."""
    here = DeliveryItem(_recipient(event_id))
    actions: list[Action] = [DeliveryItem.address.remove()]
    return update(here, actions, condition=DeliveryItem.delivery_id.exists(), refusal=refuse_with(Changed()))


def _recipient(event_id: str) -> str:
    return f"{event_id}#recipient"


def _is_mine(mine: Delivery) -> Condition:
    mine_still: Condition = DeliveryItem.attempts == mine.attempts
    mine_still &= DeliveryItem.state == State.CLAIMED.value
    return mine_still
