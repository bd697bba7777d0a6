"""Who acts: the signed-in person behind a request, and how actors are named in the history."""

from enum import StrEnum
from typing import NewType

from chalicelib.domain.addresses import Address
from chalicelib.frozen import frozen

Actor = NewType("Actor", str)

ZUORA = Actor("zuora")
"""Zuora itself: who changes something there, or has something in place at last."""

SUPPORT = Actor("Support")
"""The person of support who acted, as customers see it (R40): no agent's name or address reaches them."""


class Language(StrEnum):
    """The languages that people can be written to in."""

    ENGLISH = "en"
    GERMAN = "de"


@frozen
class SignedIn:
    """What a verified sign-in token says of its bearer (never what they may do).

    ``identity`` is a hash of issuer and subject; ``address`` is None when the token has none
    or one that is no address. ``verified`` is true only if the provider said so with a real boolean.
    """

    identity: str
    address: Address | None
    verified: bool
    first_name: str
    last_name: str
    groups: frozenset[str]

    @property
    def proven_address(self) -> Address | None:
        """The address, if the provider has verified it."""
        return self.address if self.verified else None


def customer_actor(customer_id: str) -> Actor:
    """``customer:<id>``."""
    return Actor(f"customer:{customer_id}")


def admin_actor(address: str) -> Actor:
    """``admin:<email>``: a support agent."""
    return Actor(f"admin:{address}")


def is_support(actor: Actor) -> bool:
    """Whether a support agent acted."""
    return actor.startswith("admin:")


def system_actor(function: str) -> Actor:
    """``system:<function>``: a schedule or a worker of the service itself."""
    return Actor(f"system:{function}")
