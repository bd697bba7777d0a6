"""What the domain knows of e-mail addresses: how to show one without giving it away.

An ``Address`` is always normalised already (``chalicelib.addresses`` does that, at the edge).
"""

from typing import NewType

Address = NewType("Address", str)


def masked(address: str) -> str:
    """Shows the first letter and the domain: ``j***@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
