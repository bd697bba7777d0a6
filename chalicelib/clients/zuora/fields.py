"""What may be written to a Zuora contact, under our names, and how long each field may be in Zuora."""

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.clients.failures import Permanent


class ContactField(NamedTuple):
    """Zuora's name for a field, and its length in characters."""

    name: str
    longest: int


CONTACT_FIELDS: Mapping[str, ContactField] = {
    "first_name": ContactField("firstName", 100),
    "last_name": ContactField("lastName", 100),
    "work_email": ContactField("workEmail", 80),
    "address1": ContactField("address1", 255),
    "address2": ContactField("address2", 255),
    "city": ContactField("city", 100),
    "state": ContactField("state", 100),
    "postal_code": ContactField("zipCode", 20),
    "country": ContactField("country", 64),
}
REQUIRED = ("first_name", "last_name")


def contact_body(changes: Mapping[str, str]) -> dict[str, str]:
    """The body of a request that writes these fields.

    A field that does not exist or a value that is no text is a mistake in our code: ValueError. What Zuora is known to
    refuse is the fault of the data and is refused here the same way, Permanent, with codes of our own: ``too_long``,
    ``required``.
    """
    unknown = sorted(changes.keys() - CONTACT_FIELDS.keys())
    if unknown or not changes:
        raise ValueError(f"not fields of a contact: {unknown}" if unknown else "nothing to write")
    for name, value in changes.items():
        _check(name, value)
    return {CONTACT_FIELDS[name].name: value for name, value in changes.items()}


def _check(name: str, value: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004 - all mistakes of this kind are one to the caller
    longest = CONTACT_FIELDS[name].longest
    if len(value) > longest:
        raise Permanent("too_long", f"Zuora takes {longest} characters for {name}.")
    if name in REQUIRED and not value:
        raise Permanent("required", f"Zuora does not take an empty {name}.")
