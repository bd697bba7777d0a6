"""Idempotency: what a request with a key created, so that its repetition answers the same (R26)."""

from datetime import datetime, timedelta

from chalicelib.domain.errors import DomainError, IdempotencyKeyReused, Kind
from chalicelib.frozen import frozen
from chalicelib.store.reading import Key, item, one
from chalicelib.store.tables import IdempotencyItem, Raw
from chalicelib.store.transaction import Step, put


@frozen
class IdempotentRequest:
    """A request that may be repeated: a hash of caller, route and key, and a hash of the body."""

    id: str
    fingerprint: str


@frozen
class Record:
    """What such a request created; the answer is made again from the thing itself."""

    fingerprint: str
    account_id: str
    created_id: str
    expires_at: datetime


class DoneBefore(DomainError):
    """The same request was carried out already; an operation catches this and answers as before."""

    kind, code = Kind.CONFLICT, "done_before"
    detail = "This request was carried out already."

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record


def key(request: IdempotentRequest) -> Key[Record]:
    """The key of a request's record."""
    return Key(IdempotencyItem, request.id, None, load)


def load(raw: Raw) -> Record:
    """The record of a raw item."""
    it = item(IdempotencyItem, raw)
    return Record(it.fingerprint, it.account_id, it.created_id, it.expires_at)


def meet(record: Record | None, request: IdempotentRequest, *, now: datetime) -> None:
    """Raises DoneBefore for a repetition, IdempotencyKeyReused for another request under the same key."""
    if record is None or record.expires_at <= now:
        return
    if record.fingerprint != request.fingerprint:
        raise IdempotencyKeyReused
    raise DoneBefore(record)


def meet_any(request: IdempotentRequest | None, *, now: datetime) -> None:
    """Reads the record of a request and meets it; nothing to do without a key."""
    if request is not None:
        meet(one(key(request)), request, now=now)


def remember(
    request: IdempotentRequest | None, *, account_id: str, created_id: str, now: datetime, keep: timedelta
) -> Step | None:
    """Writes down what the request creates, in the transaction that creates it; None without a key."""
    if request is None:
        return None
    expires_at = now + keep
    new = IdempotencyItem(
        request.id,
        fingerprint=request.fingerprint,
        account_id=account_id,
        created_id=created_id,
        expires_at=expires_at,
        ttl=int(expires_at.timestamp()),
    )

    def refusal(raw: Raw | None) -> DomainError:
        record = load(raw) if raw is not None else None
        try:
            meet(record, request, now=now)
        except DomainError as error:
            return error
        return IdempotencyKeyReused()

    condition = IdempotencyItem.request_id.does_not_exist() | (IdempotencyItem.expires_at <= now)
    return put(new, condition=condition, refusal=refusal)
