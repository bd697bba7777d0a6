"""Values of a subscription beyond Zuora's own fields: seats that are owed, and switches in custom fields (R56)."""

from decimal import Decimal, InvalidOperation

_MOST_DIGITS = 15
_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


def owed_seats(*, seats: int | None, max_seats_used: int | None) -> int | None:
    """The seats used beyond those bought, never negative; None where either is unknown."""
    if max_seats_used is None or seats is None:
        return None
    return max(0, max_seats_used - seats)


def switch(value: object) -> bool | None:
    """A custom field that is on or off, however the tenant writes it; None for an empty or another value."""
    said = str(value).strip().lower() if value is not None else ""
    return True if said in _YES else False if said in _NO else None


def whole_number(value: object) -> int | None:
    """A custom field that holds a number, as a number or as a text; None for an empty or another value."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and number.adjusted() < _MOST_DIGITS else None
