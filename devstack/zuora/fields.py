"""Checks of single fields, shared by contacts and accounts."""

from collections.abc import Collection
from typing import Any

from devstack.zuora.refusals import INVALID_VALUE, UNKNOWN_FIELD, Refusal


def is_custom(name: str) -> bool:
    """Custom fields end in ``__c``."""
    return name.endswith("__c")


def refuse_unknown(body: dict[str, Any], known: Collection[str], *, resource: int) -> None:
    """Refuses names that are neither known nor custom, all in one message, as recorded."""
    unknown = [name for name in body if name not in known and not is_custom(name)]
    if unknown:
        raise Refusal(UNKNOWN_FIELD, f"Invalid parameter(s): '{','.join(unknown)}'.", resource=resource)


def text(name: str, value: object, longest: int, *, resource: int) -> str | None:
    """A text within its length; the empty one empties the field. Null is refused: what Zuora makes of it is unknown."""
    if not isinstance(value, str):
        raise Refusal(INVALID_VALUE, f"'{name}' must be a string.", resource=resource)
    if len(value) > longest:
        raise Refusal(INVALID_VALUE, f"The length of '{name}' exceeds {longest} characters.", resource=resource)
    return value or None


def of_type(name: str, value: object, kind: type, *, resource: int) -> Any:
    """A value of exactly this type: JSON's true is not a number."""
    if type(value) is not kind:
        raise Refusal(INVALID_VALUE, f"'{name}' must be of type {kind.__name__}.", resource=resource)
    return value
