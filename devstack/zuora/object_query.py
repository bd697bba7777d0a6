"""Object Query: read-only lists and single objects with filters, cursors and expansion."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from devstack.zuora import fields
from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call
from devstack.zuora.refusals import INVALID_PARAMETER, Refusal, not_found
from devstack.zuora.state import Record, State

DEFAULT_PAGE, LARGEST_PAGE = 10, 99
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda mine, theirs: bool(mine == theirs),
    "NE": lambda mine, theirs: bool(mine != theirs),
    "LT": lambda mine, theirs: bool(mine < theirs),
    "GT": lambda mine, theirs: bool(mine > theirs),
    "LE": lambda mine, theirs: bool(mine <= theirs),
    "GE": lambda mine, theirs: bool(mine >= theirs),
    "SW": lambda mine, theirs: str(mine).startswith(str(theirs)),
}
CONTACT_FILTERS = ("id", "updateddate", "accountid", "country", "firstname", "lastname")
CONTACT_FILTERS_TOO = ("personalemail", "workemail", "workphone")
RENAMED = {
    "contacts": {"zipCode": "postalCode", "nickname": "nickName", "contactDescription": "description"},
    "subscriptions": {"subscriptionNumber": "name"},
}
NUMBERS = {"invoices": "invoiceNumber", "subscriptions": "subscriptionNumber"}
HIDDEN = {"sequence", "deletedAt"}
EXPANSIONS = {"billto": ("billTo", "billToId"), "soldto": ("soldTo", "soldToId"), "shipto": ("shipTo", "shipToId")}


@dataclass(frozen=True, slots=True)
class Filter:
    """One ``field.OPERATOR:value``; values compare without regard to case, numbers as numbers."""

    field: str
    operator: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """Refuses what is not a filter."""
        name, dot, rest = text.partition(".")
        operator, colon, value = rest.partition(":")
        if not (name and dot and colon and operator in {*OPERATORS, "IN"}):
            raise Refusal(INVALID_PARAMETER, "Invalid query parameter 'filter[]'.")
        return cls(field=name.casefold(), operator=operator, value=value)

    def accepts(self, shown: dict[str, Any]) -> bool:
        """Whether an object (by its fields in lower case) passes."""
        mine = shown.get(self.field)
        if self.operator == "IN":
            return any(_compare("EQ", mine, value) for value in self.value.strip("[]").split(","))
        return _compare(self.operator, mine, self.value)


def list_objects(state: State, call: Call) -> Answer:
    """GET /object-query/{objects}: oldest first; the cursor is where the last page ended."""
    kind = call.parameters["kind"]
    call.only_parameters("filter[]", "expand[]", "pageSize", "cursor", "includeNullFields")
    filters = [Filter.parse(value) for name, value in call.query if name == "filter[]"]
    _refuse_unfilterable(kind, filters)
    size = call.whole_number("pageSize", default=DEFAULT_PAGE, largest=LARGEST_PAGE)
    after = _read_cursor(call.one("cursor"))
    found = [
        record
        for record in _rows(state, kind)
        if record["sequence"] > after and all(item.accepts(_lower(_shown(kind, record))) for item in filters)
    ]
    body: dict[str, Any] = {"data": [_answered(state, call, kind, record) for record in found[:size]]}
    if len(found) > size:
        body["nextPage"] = base64.urlsafe_b64encode(str(found[size - 1]["sequence"]).encode()).decode()
    return json_answer(body)


def read_object(state: State, call: Call) -> Answer:
    """GET /object-query/{objects}/{key}: by id, or by number where the object has one."""
    call.only_parameters("expand[]", "includeNullFields")
    kind, key = call.parameters["kind"], call.parameters["key"]
    if kind == "accounts":
        return json_answer(_answered(state, call, kind, state.account(key)))
    found = next(
        (record for record in _rows(state, kind) if key in (record["id"], record.get(NUMBERS.get(kind, "id")))), None
    )
    if found is None:
        raise not_found(key)
    return json_answer(_answered(state, call, kind, found))


def _rows(state: State, kind: str) -> list[Record]:
    tables = {
        "contacts": state.contacts,
        "accounts": state.accounts,
        "invoices": state.invoices,
        "subscriptions": state.subscriptions,
    }
    if kind not in tables:
        raise not_found(kind)
    return [record for record in tables[kind].values() if record.get("deletedAt") is None]


def _answered(state: State, call: Call, kind: str, record: Record) -> dict[str, Any]:
    shown = _shown(kind, record)
    for wanted in (value.casefold() for name, value in call.query if name == "expand[]"):
        if kind != "accounts" or wanted not in EXPANSIONS:
            raise Refusal(INVALID_PARAMETER, "Invalid query parameter 'expand[]'.")
        name, role = EXPANSIONS[wanted]
        contact = state.contacts.get(record[role])
        shown[name] = _without_nulls(call, _shown("contacts", contact)) if contact else None
    return _without_nulls(call, shown)


def _shown(kind: str, record: Record) -> dict[str, Any]:
    renamed = RENAMED.get(kind, {})
    shown = {renamed.get(name, name): value for name, value in record.items() if name not in HIDDEN}
    if kind == "accounts":
        shown["additionalEmailAddresses"] = ",".join(record["additionalEmailAddresses"])
        shown["salesRepName"] = shown.pop("salesRep")
    return shown


def _without_nulls(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    if call.one("includeNullFields") == "true":
        return shown
    return {name: value for name, value in shown.items() if value is not None}


def _lower(shown: dict[str, Any]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in shown.items()}


def _refuse_unfilterable(kind: str, filters: list[Filter]) -> None:
    allowed = {*CONTACT_FILTERS, *CONTACT_FILTERS_TOO}
    refused = [item.field for item in filters if not (item.field in allowed or fields.is_custom(item.field))]
    if kind == "contacts" and refused:
        raise Refusal(INVALID_PARAMETER, f"Contacts cannot be filtered by: '{','.join(refused)}'.")


def _compare(operator: str, mine: Any, theirs: str) -> bool:
    if mine is None or theirs.casefold() == "null":
        is_null = mine is None and theirs.casefold() == "null"
        return is_null if operator == "EQ" else operator == "NE" and not is_null
    if isinstance(mine, bool):
        mine = str(mine)
    if isinstance(mine, int | float):
        return OPERATORS[operator](Decimal(str(mine)), _number(theirs))
    return OPERATORS[operator](str(mine).casefold(), theirs.casefold())


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as problem:
        raise Refusal(INVALID_PARAMETER, "Invalid query parameter 'filter[]': a number is needed.") from problem


def _read_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor))
    except (ValueError, binascii.Error) as problem:
        raise Refusal(INVALID_PARAMETER, "Invalid query parameter 'cursor'.") from problem
