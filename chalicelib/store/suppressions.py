"""Suppressions: addresses whose mails bounced, each by its pseudonym and for exactly that address (R25)."""

from datetime import UTC, datetime, timedelta

from chalicelib.domain.errors import Changed, DomainError, RecipientSuppressed
from chalicelib.domain.suppressions import Suppression
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import LimitItem, Raw
from chalicelib.store.transaction import Step, condition_check, refuse_with, update

_FOR = timedelta(days=30)


def key(pseudonym: str) -> Key[Suppression]:
    """The key of the mark of an address. The table may still have one whose time is over: ask ``in_force``."""
    return Key(LimitItem, _key(pseudonym), None, load)


def load(raw: Raw) -> Suppression:
    """The suppression of a raw item."""
    it = item(LimitItem, raw)
    return Suppression(it.reason or "", datetime.fromtimestamp(int(it.ttl), UTC))


def suppress(pseudonym: str, reason: str, *, now: datetime) -> Step:
    """Suppresses the address; suppressing it again renews the time."""
    until = int((now + _FOR).timestamp())
    not_later = LimitItem.ttl.does_not_exist() | (LimitItem.ttl <= until)
    return update(
        LimitItem(_key(pseudonym)),
        [LimitItem.reason.set(reason), LimitItem.ttl.set(until)],
        condition=not_later,
        refusal=refuse_with(Changed()),
    )


def none_in_force(pseudonym: str, *, now: datetime) -> Step:
    """Requires that the address is not suppressed; refused with RecipientSuppressed."""
    over = LimitItem.ttl.does_not_exist() | (LimitItem.ttl <= int(now.timestamp()))

    def refusal(raw: Raw | None) -> DomainError:
        return RecipientSuppressed() if raw is not None and load(raw).in_force(now) else Changed()

    return condition_check(LimitItem(_key(pseudonym)), condition=over, refusal=refusal)


def lift(pseudonym: str, before: Suppression, *, now: datetime) -> Step:
    """Ends the mark, as it was read, at this moment; one that was renewed meanwhile is Changed."""
    return update(
        LimitItem(_key(pseudonym)),
        [LimitItem.ttl.set(int(now.timestamp()))],
        condition=LimitItem.ttl == int(before.until.timestamp()),
        refusal=refuse_with(Changed()),
    )


def _key(pseudonym: str) -> str:
    return f"suppressed-address#{pseudonym}"
