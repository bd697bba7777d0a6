"""Sign-in links: the newest of a customer, and the Steps that make one and use it up."""

from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib.domain.errors import (
    Changed,
    DomainError,
    SignInLinkExpired,
    SignInLinkNotFound,
    SignInLinkSuperseded,
    SignInLinkUsed,
)
from chalicelib.domain.sign_in_links import SignInLink
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import CustomerItem, Raw
from chalicelib.store.transaction import Step, delete, put, refuse_with, update


def key(customer_id: str) -> Key[SignInLink]:
    """The key of a customer's newest link."""
    return Key(CustomerItem, _key(customer_id), None, load)


def load(raw: Raw) -> SignInLink:
    """The link of a raw item."""
    it = item(CustomerItem, raw)
    return SignInLink(it.customer_id, int(it.generation), it.key_id, it.expires_at, it.used_at)


def refuse_spent(link: SignInLink, *, generation: int, now: datetime) -> None:
    """Raises SignInLinkSuperseded, SignInLinkUsed or SignInLinkExpired for a link that no longer works."""
    if link.generation != generation:
        raise SignInLinkSuperseded
    if link.used_at is not None:
        raise SignInLinkUsed
    if link.expires_at <= now:
        raise SignInLinkExpired


def create(link: SignInLink, before: SignInLink | None) -> Step:
    """Puts a new link in the place of the one that was read, which is dead from then on."""
    new = CustomerItem(
        _key(link.customer_id),
        customer_id=link.customer_id,
        generation=link.generation,
        key_id=link.key_id,
        expires_at=link.expires_at,
    )
    condition: Condition = CustomerItem.key.does_not_exist()
    if before is not None:
        condition = CustomerItem.generation == before.generation
    return put(new, condition=condition, refusal=refuse_with(Changed()))


def use_up(link: SignInLink, *, now: datetime) -> Step:
    """Uses the link up: it is the newest, unused, and in time."""
    condition = (
        (CustomerItem.generation == link.generation)
        & CustomerItem.used_at.does_not_exist()
        & (CustomerItem.expires_at > now)
    )

    def refusal(raw: Raw | None) -> DomainError:
        if raw is None:
            return SignInLinkNotFound()
        try:
            refuse_spent(load(raw), generation=link.generation, now=now)
        except DomainError as error:
            return error
        return Changed()

    here = CustomerItem(_key(link.customer_id))
    return update(here, [CustomerItem.used_at.set(now)], condition=condition, refusal=refusal)


def remove(link: SignInLink) -> Step:
    """Takes the link away, with the person whose it was."""
    condition = CustomerItem.generation == link.generation
    return delete(CustomerItem(_key(link.customer_id)), condition=condition, refusal=refuse_with(Changed()))


def _key(customer_id: str) -> str:
    return f"sign-in-link#{customer_id}"
