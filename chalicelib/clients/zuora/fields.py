"""What may be written to a Zuora contact, under our names."""

from collections.abc import Mapping

from chalicelib.domain.contact_limits import LONGEST, REQUIRED
from chalicelib.failures import Permanent

CONTACT_FIELDS: Mapping[str, str] = {
    "first_name": "firstName",
    "last_name": "lastName",
    "work_email": "workEmail",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "state": "state",
    "postal_code": "zipCode",
    "country": "country",
    "county": "county",
    "tax_region": "taxRegion",
}


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
    return {CONTACT_FIELDS[name]: value for name, value in changes.items()}


def _check(name: str, value: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004 - all mistakes of this kind are one to the caller
    longest = LONGEST[name]
    if len(value) > longest:
        raise Permanent("too_long", f"Zuora takes {longest} characters for {name}.")
    if name in REQUIRED and not value:
        raise Permanent("required", f"Zuora does not take an empty {name}.")
