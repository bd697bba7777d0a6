"""What the domain knows of e-mail addresses: how to show one without giving it away.

An ``Address`` is always normalised already (``chalicelib.addresses`` does that, at the edge).
"""

from typing import NewType

Address = NewType("Address", str)


PUBLIC_MAIL = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "aol.com",
        "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "mail.ru", "qq.com", "163.com",
    }
)  # fmt: skip
"""Mail services at which anybody has an address."""
_ONE_PROVIDER = frozenset({"gmail.com", "googlemail.com"})


def mailbox(address: str) -> str:
    """The mailbox that an address most likely leads to: for limits, and for what support keeps off (S31, R67).

    Never to tell people apart.

    ``a+1@x`` reaches ``a@x`` almost everywhere, and one provider ignores dots and has two domains: without
    this, quotas for an address could be walked around one suffix at a time.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _ONE_PROVIDER:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def share_a_company(one: Address, other: Address) -> bool:
    """Whether both are at one mail domain that is a company's own, and no public mail service."""
    domain = one.rpartition("@")[2]
    return domain == other.rpartition("@")[2] and domain not in PUBLIC_MAIL


def masked(address: str) -> str:
    """Shows the first letter and the domain: ``j***@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
