"""Copies the data that Zuora needs for taxes from the contact that is replaced, where it is missing (R55).

``county`` and ``tax_region`` are Zuora's alone: nobody sees or edits them here, and nobody must lose them.
"""

from collections.abc import Mapping

from chalicelib.domain.countries import has_states, is_state, same_country, same_state
from chalicelib.domain.zuora_records import ZuoraContact

POSTAL = ("address1", "address2", "city", "state", "postal_code")
REGIONS = ("county", "tax_region")
FIELDS = (*POSTAL, "country", *REGIONS)


def missing(own: Mapping[str, str], replaced: ZuoraContact | None, *, typed: bool) -> dict[str, str]:
    """What a contact lacks (FIELDS by name, empty where there is nothing) and the replaced one has.

    Nothing comes over from another country, and of another state nothing but the country. A postal address that was
    ``typed`` is whole as it is; of one that Zuora has the empty fields are filled.
    """
    if replaced is None or replaced.is_scrubbed:
        return {}
    theirs = {name: getattr(replaced, name) for name in FIELDS}
    wanted = _wanted(own, theirs, typed=typed)
    return {name: theirs[name] for name in wanted if theirs[name] and not own[name]}


def _wanted(own: Mapping[str, str], theirs: Mapping[str, str], *, typed: bool) -> tuple[str, ...]:
    country = own["country"] or theirs["country"]
    if theirs["country"] and not same_country(country, theirs["country"]):
        return ()
    if own["state"] and theirs["state"] and not same_state(country, own["state"], theirs["state"]):
        return ("country",)
    if own["state"] and has_states(country) and not is_state(country, own["state"]):
        return ()  # Zuora would refuse the two together
    if typed and any(own[name] for name in POSTAL):
        return ("country", *REGIONS)
    if own["address1"]:
        return tuple(name for name in FIELDS if name != "address2")
    return FIELDS
