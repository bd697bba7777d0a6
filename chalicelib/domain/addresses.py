"""What the domain knows of e-mail addresses: how to show one without giving it away.

An ``Address`` is always normalised already (``chalicelib.addresses`` does that, at the edge).
"""

from typing import NewType

Address = NewType("Address", str)


_ONE_PROVIDER = frozenset({"gmail.com", "googlemail.com"})


def mailbox(address: str) -> str:
    """The mailbox that an address most likely leads to; for quotas only, never to tell people apart (S31).

    ``a+1@x`` reaches ``a@x`` almost everywhere, and one provider ignores dots and has two domains: without
    this, quotas for an address could be walked around one suffix at a time.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _ONE_PROVIDER:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def masked(address: str) -> str:
    """Shows the first letter and the domain: ``j***@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
