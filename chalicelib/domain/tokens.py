"""Invitation tokens: derived from a key and the invitation, never stored (I6).

A token is ``base64url(key id | account id | invitation id | generation) . base64url(HMAC-SHA256)``.
The MAC covers purpose and stage too, so that a token of another use or another deployment is just
wrong. Checking one costs no database read; a later generation kills it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from chalicelib.frozen import frozen

PURPOSE = "invitation"
_LONGEST = 512


@frozen
class KeyRing:
    """The keys that are good now; new tokens use ``current``. Stage keeps deployments apart."""

    stage: str
    current: str
    keys: Mapping[str, bytes]


@frozen
class Claim:
    """The content of a genuine token."""

    key_id: str
    account_id: str
    invitation_id: str
    generation: int


def make(ring: KeyRing, claim: Claim) -> str:
    """The token of a claim; always the same for the same claim. KeyError if the key is gone."""
    payload = "|".join((claim.key_id, claim.account_id, claim.invitation_id, str(claim.generation)))
    mac = _mac(ring.keys[claim.key_id], ring.stage, claim)
    return f"{_encode(payload.encode())}.{_encode(mac)}"


def read(ring: KeyRing, token: str) -> Claim | None:
    """The claim of a genuine token; None for anything else, without a reason."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    payload, _, presented = token.partition(".")
    claim = _parse(payload)
    if claim is None:
        return None
    key = ring.keys.get(claim.key_id)
    expected = _mac(key or b"unknown key", ring.stage, claim)
    try:
        genuine = hmac.compare_digest(expected, _decode(presented))
    except (binascii.Error, ValueError):
        return None
    return claim if genuine and key else None


def _parse(payload: str) -> Claim | None:
    try:
        key_id, account_id, invitation_id, generation = _decode(payload).decode("ascii").split("|")
        if not generation.isdecimal() or generation != str(int(generation)):  # one text for each number
            return None
        return Claim(key_id, account_id, invitation_id, int(generation))
    except (binascii.Error, ValueError):  # UnicodeDecodeError is a ValueError
        return None


def _mac(key: bytes, stage: str, claim: Claim) -> bytes:
    fields = (PURPOSE, stage, claim.key_id, claim.account_id, claim.invitation_id, str(claim.generation))
    message = b"".join(len(field.encode()).to_bytes(2, "big") + field.encode() for field in fields)
    return hmac.new(key, message, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Strict base64url without padding: one text for each value, nothing skipped."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(data) != text:
        raise ValueError("not canonical")
    return data
