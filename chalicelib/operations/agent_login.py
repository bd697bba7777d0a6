"""Keeps support agents out whose own login, as customers, was switched off (R3)."""

from chalicelib.domain.errors import LoginDeactivated
from chalicelib.domain.people import SignedIn
from chalicelib.store import customers, identities, reading


def must_be_on(person: SignedIn) -> None:
    """Refuses with LoginDeactivated if the record of this sign-in, or of this proven address, is switched off.

    Who has no record is asked for again after some seconds only, so that a warm function reads nothing more for an
    agent who is no customer.
    """
    if identities.is_known_to_have_no_record(person.identity):
        return
    keys = [customers.by_identity(person.identity)]
    if person.proven_address is not None:
        keys.append(customers.by_address(person.proven_address))
    own = {each for each in reading.many(keys) if each is not None}
    if not own:
        identities.has_no_record(person.identity)
        return
    records = reading.many([customers.key(each) for each in sorted(own)])
    if not all(each.login_activated for each in records if each is not None):
        raise LoginDeactivated
