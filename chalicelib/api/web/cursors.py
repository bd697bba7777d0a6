"""Cursors: where the next page of a list begins; nobody can read or make one, and it is good for that list only.

A position may hold a name or an address. It is encrypted and authenticated (AES-SIV, decision 43), padded so that its
length says nothing either, and stays good when what stood there is renamed or gone.
"""

import base64
import binascii
import hashlib
import hmac

from chalicelib import wiring
from chalicelib.domain.errors import Invalid

_BLOCK = 96
"""Bytes: every position in a list of ours fits into one, with its length; Zuora's own may take more."""


def made(of_list: str, position: str) -> str:
    """The cursor of a position in a list; ``of_list`` names the list with its owner and its filters."""
    ring = wiring.key_ring()
    sealed = _sealed(ring.keys[ring.current], _padded(position.encode(errors="surrogatepass")), of_list)
    return _encoded(sealed)


def position(of_list: str, cursor: str | None) -> str | None:
    """The position of a cursor; None for the beginning. Raises Invalid for any other text."""
    if cursor is None:
        return None
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused() from None
    if _encoded(sealed) != cursor:  # base64 has several texts for the same bytes; only ours is good
        raise _refused()
    for key in wiring.key_ring().keys.values():
        opened = _opened(key, sealed, of_list)
        if opened is not None:
            return _unpadded(opened).decode(errors="surrogatepass")
    raise _refused()


def _padded(data: bytes) -> bytes:
    whole = len(data).to_bytes(4, "big") + data
    return whole + bytes(-len(whole) % _BLOCK)


def _unpadded(data: bytes) -> bytes:
    return data[4 : 4 + int.from_bytes(data[:4], "big")]


def _sealed(key: bytes, data: bytes, of_list: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 -- loaded when a list continues

    return AESSIV(_derived(key)).encrypt(data, [_name(of_list)])


def _opened(key: bytes, sealed: bytes, of_list: str) -> bytes | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- as above
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 -- as above

    try:
        return AESSIV(_derived(key)).decrypt(sealed, [_name(of_list)])
    except (InvalidTag, ValueError):  # ValueError: too short to be anything
        return None


def _derived(key: bytes) -> bytes:
    return hmac.new(key, b"cursor", hashlib.sha512).digest()


def _name(of_list: str) -> bytes:
    return hashlib.sha256(of_list.encode()).digest()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _refused() -> Invalid:
    return Invalid("cursor", "is not a cursor of this list")
