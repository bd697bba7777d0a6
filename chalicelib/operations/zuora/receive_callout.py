"""Accepts a callout of Zuora: notes that something changed there, and nothing of what it says (R54).

The worker reads the change from Zuora itself, so a callout can tell where to look and never what to believe.
"""

import hmac
from base64 import b64encode
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib import ids
from chalicelib.domain.contacts import Contact
from chalicelib.domain.errors import BadSignature
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, callout_stream, new_event
from chalicelib.domain.people import ZUORA
from chalicelib.frozen import frozen
from chalicelib.store import accounts, contacts, history, idempotency, reading
from chalicelib.store.idempotency import DoneBefore, IdempotentRequest
from chalicelib.store.transaction import commit

REMEMBERED = timedelta(days=30)
"""So long the same notification is known again; Zuora repeats for a day, a person may resend much later."""


@frozen
class Callout:
    """What a callout is about, by Zuora's ids; ``notification_id`` stays the same over Zuora's own retries."""

    notification_id: str | None
    zuora_account_id: str | None
    contact_id: str | None


def check_signature(raw: bytes, signature: str | None, keys: Collection[str]) -> None:
    """Holds the raw body to an HMAC-SHA256 by one of the keys, in base64 or hex; refuses with BadSignature.

    Every key is tried in both forms, and each comparison takes the same time whatever was sent.
    """
    presented = (signature or "").strip().encode()
    good = False
    for key in keys:
        mac = hmac.new(key.encode(), raw, sha256)
        for form in (b64encode(mac.digest()), mac.hexdigest().encode()):
            wanted, given = (form, presented) if form.endswith(b"=") else (form, presented.lower())
            good |= hmac.compare_digest(wanted, given)
    if not good:
        raise BadSignature


def receive(callout: Callout, *, now: datetime) -> bool:
    """Notes the callout for the worker; says whether it was noted: not when it came before, or is of nobody here."""
    account_id, contact = _ours(callout)
    if account_id is None and contact is None:
        return False
    about = account_id or (contact.id if contact else "")
    event = _event(account_id, contact, about, now)
    request = _request(callout)
    try:
        if request is not None:
            idempotency.meet(reading.one(idempotency.key(request)), request, now=now)
        commit(
            idempotency.remember(request, account_id=about, created_id=event.id, now=now, keep=REMEMBERED),
            history.record(event),
        )
    except DoneBefore:
        return False
    return True


def _ours(callout: Callout) -> tuple[str | None, Contact | None]:
    """Our account and our copy of the contact, where there are any; one consistent read."""
    account_id, contact = reading.batch(
        accounts.reservation(callout.zuora_account_id or "none"), contacts.key(callout.contact_id or "none")
    )
    return account_id or (contact.account_id if contact else None), contact


def _request(callout: Callout) -> IdempotentRequest | None:
    if callout.notification_id is None:
        return None
    digest = sha256(callout.notification_id.encode()).hexdigest()
    return IdempotentRequest(id=f"callout#{digest}", fingerprint="callout")


def _event(account_id: str | None, contact: Contact | None, about: str, now: datetime) -> Event:
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        callout_stream(about),
        event_id=event_id,
        event_type=EventType.CALLOUT_RECEIVED,
        at=now,
        actor=ZUORA,
        subject=f"contact:{contact.id}" if contact else f"account:{account_id}",
        contact_id=contact.id if contact else None,
    )
    return replace(event, account_id=account_id)
