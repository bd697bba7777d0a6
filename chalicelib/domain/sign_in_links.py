"""Sign-in links: derived from a key and a counter, never stored; each works once, for a day (R64, I6).

A token is ``base64url(key id | customer id | generation) . base64url(HMAC-SHA256)``, as with invitations, but its MAC
covers another purpose: neither kind of token is valid as the other.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

from chalicelib.domain.tokens import KeyRing
from chalicelib.frozen import frozen

PURPOSE = "sign-in"
VALIDITY = timedelta(hours=24)
_LONGEST = 300


@frozen
class SignInLink:
    """The newest link of a customer. ``generation`` counts them, so that an older one is known to be old."""

    customer_id: str
    generation: int
    key_id: str
    expires_at: datetime
    used_at: datetime | None


@frozen
class SignInClaim:
    """The content of a genuine token."""

    key_id: str
    customer_id: str
    generation: int


def make(ring: KeyRing, claim: SignInClaim) -> str:
    """The token of a claim; always the same for the same claim. KeyError if the key is gone."""
    payload = "|".join((claim.key_id, claim.customer_id, str(claim.generation)))
    return f"{_encode(payload.encode())}.{_encode(_mac(ring.keys[claim.key_id], ring.stage, claim))}"


def read(ring: KeyRing, token: str) -> SignInClaim | None:
    """The claim of a genuine token; None for anything else, without a reason."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    payload, _, presented = token.partition(".")
    claim = _parse(payload)
    if claim is None:
        return None
    key = ring.keys.get(claim.key_id)
    expected = _encode(_mac(key or b"unknown key", ring.stage, claim))
    genuine = hmac.compare_digest(expected.encode(), presented.encode())
    return claim if genuine and key else None


def _parse(payload: str) -> SignInClaim | None:
    try:
        text = base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True).decode("ascii")
        key_id, customer_id, number = text.split("|")
        claim = SignInClaim(key_id, customer_id, int(number))
    except (binascii.Error, ValueError):
        return None
    said_once = "|".join((claim.key_id, claim.customer_id, str(claim.generation))) == text
    return claim if said_once and _encode(text.encode()) == payload else None


def _mac(key: bytes, stage: str, claim: SignInClaim) -> bytes:
    fields = (PURPOSE, stage, claim.key_id, claim.customer_id, str(claim.generation))
    message = b"".join(len(field.encode()).to_bytes(2, "big") + field.encode() for field in fields)
    return hmac.new(key, message, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
