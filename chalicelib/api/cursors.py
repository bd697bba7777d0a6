"""Cursors: where the next page of a list begins; opaque, tamper-proof, and good for that list only."""

import base64
import binascii
import hashlib
import hmac

from chalicelib import wiring
from chalicelib.domain.errors import Invalid

_MAC_BYTES = 16


def made(of_list: str, position: str) -> str:
    """The cursor of a position in a list; ``of_list`` names the list with its owner and its filters."""
    ring = wiring.key_ring()
    return _encoded(_mac(ring.keys[ring.current], of_list, position) + position.encode())


def position(of_list: str, cursor: str | None) -> str | None:
    """The position of a cursor; None for the beginning. Raises Invalid for any other text."""
    if cursor is None:
        return None
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mac, text = data[:_MAC_BYTES], data[_MAC_BYTES:].decode("ascii")
    except (binascii.Error, ValueError):
        raise _refused() from None
    keys = wiring.key_ring().keys.values()
    genuine = any(hmac.compare_digest(mac, _mac(key, of_list, text)) for key in keys)
    if not genuine or _encoded(data) != cursor:  # base64 has several texts for the same bytes; only ours is good
        raise _refused()
    return text


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _mac(key: bytes, of_list: str, position: str) -> bytes:
    message = f"cursor\n{len(of_list)}\n{of_list}\n{position}".encode()
    return hmac.new(key, message, hashlib.sha256).digest()[:_MAC_BYTES]


def _refused() -> Invalid:
    return Invalid("cursor", "is not a cursor of this list")
