"""What Zuora is known to refuse in a contact: asked before anything is written here (R32).

The longest value of each field is given here and nowhere else. ``county`` and ``tax_region`` are no fields of ours:
they are only carried over from contact to contact in Zuora (R55).
"""

from collections.abc import Iterator, Mapping

from chalicelib.domain import countries
from chalicelib.domain.errors import Invalid

LONGEST: Mapping[str, int] = {
    "first_name": 100,
    "last_name": 100,
    "work_email": 80,
    "address1": 255,
    "address2": 255,
    "city": 100,
    "state": 100,
    "postal_code": 20,
    "country": 64,
    "county": 100,
    "tax_region": 100,
}
"""In characters."""

REQUIRED = ("first_name", "last_name")


def refusals(changes: Mapping[str, str], present: Mapping[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """The fields among these that Zuora is known to refuse, each with why; ``present`` are those of the contact."""
    for name, value in changes.items():
        if len(value) > LONGEST[name]:
            yield name, f"must not be longer than {LONGEST[name]} characters, for Zuora"
        elif name in REQUIRED and not value:
            yield name, "must not be empty, for Zuora"
    if changes.keys() & {"country", "state"}:
        yield from _of_place({**(present or {}), **changes}, changes)


def must_be_taken(
    changes: Mapping[str, str], present: Mapping[str, str] | None = None, *, names: Mapping[str, str] | None = None
) -> None:
    """Invalid for the first field that Zuora would refuse; ``names`` says what fields are called in the request."""
    for name, why in refusals(changes, present):
        raise Invalid((names or {}).get(name, name), why)


def _of_place(place: Mapping[str, str], changes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    country, state = place.get("country", ""), place.get("state", "")
    if "country" in changes and country and countries.code_of(country) is None:
        yield "country", "must be a country, by its English name or its ISO code"
    elif country and state and countries.has_states(country) and not countries.is_state(country, state):
        yield "state", "must be a state or province of this country, by name or code"
