"""Keeps people of the support desk off the accounts that they manage themselves (R60)."""

from chalicelib.domain.errors import OwnAccount
from chalicelib.domain.people import SignedIn
from chalicelib.store import customers, memberships, reading


def refuse_own(person: SignedIn, account_id: str | None) -> None:
    """Refuses with OwnAccount when the person manages that account, whether they are bound to a sign-in yet or not."""
    if account_id is None:
        return
    keys = [customers.by_identity(person.identity)]
    if person.proven_address is not None:
        keys.append(customers.by_address(person.proven_address))
    ids = {each for each in reading.many(keys) if each is not None}
    if any(reading.many([memberships.key(account_id, each) for each in sorted(ids)]) if ids else ()):
        raise OwnAccount
