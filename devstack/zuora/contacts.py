"""The calls on contacts: read, change, create, delete, transfer, scrub."""

import re
from typing import Any

from devstack.zuora import fields, regions
from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call
from devstack.zuora.refusals import INVALID_VALUE, MISSING_FIELD, RULE, Refusal
from devstack.zuora.state import INTERNAL, Record, State

RESOURCE = 520000
MOST_PER_ACCOUNT = 2000
LENGTHS = {
    "firstName": 100,
    "lastName": 100,
    "workEmail": 80,
    "personalEmail": 80,
    "address1": 255,
    "address2": 255,
    "city": 100,
    "state": 100,
    "zipCode": 20,
    "country": 64,
    "county": 100,
    "taxRegion": 100,
    "workPhone": 40,
    "homePhone": 40,
    "otherPhone": 40,
    "otherPhoneType": 20,
    "mobilePhone": 100,
    "fax": 40,
    "nickname": 100,
    "contactDescription": 100,
}
REQUIRED = ("firstName", "lastName")
E_MAILS = ("workEmail", "personalEmail")
PHONE_TYPES = {"Work", "Mobile", "Home", "Other"}
_E_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def read(state: State, call: Call) -> Answer:
    """GET /v1/contacts/{id}."""
    return _whole(state, state.contact(call.parameters["id"]))


def update(state: State, call: Call) -> Answer:
    """PUT /v1/contacts/{id}: merges the given fields, answers the whole contact. Cancelled accounts too."""
    contact = state.contact(call.parameters["id"])
    merge(state, contact, call.body())
    return _whole(state, contact)


def create(state: State, call: Call) -> Answer:
    """POST /v1/contacts: the account by id or number (both must agree), first and last name are needed."""
    body = call.body()
    keys = [body.pop(name) for name in ("accountId", "accountNumber") if name in body]
    if not keys:
        raise Refusal(MISSING_FIELD, "Missing required field: 'accountId'.", resource=RESOURCE)
    accounts = [state.account(str(key)) for key in keys]
    if any(account is not accounts[0] for account in accounts):
        raise Refusal(INVALID_VALUE, "'accountId' and 'accountNumber' do not match.", resource=RESOURCE)
    return _whole(state, add(state, accounts[0]["id"], body))


def delete(state: State, call: Call) -> Answer:
    """DELETE /v1/contacts/{id}; a contact that an account uses is refused (what Zuora says then is not known)."""
    contact = state.contact(call.parameters["id"])
    if state.roles(contact["id"]):
        raise Refusal(RULE, "The contact is used as Bill To, Sold To or Ship To of an account.")
    contact["deletedAt"] = state.clock()
    return json_answer({"success": True})


def transfer(state: State, call: Call) -> Answer:
    """PUT /v1/contacts/{id}/transfer: to another account of the same hierarchy."""
    contact = state.contact(call.parameters["id"])
    body = call.body()
    fields.refuse_unknown(body, {"destinationAccountKey"}, resource=RESOURCE)
    if "destinationAccountKey" not in body:
        raise Refusal(MISSING_FIELD, "Missing required field: 'destinationAccountKey'.", resource=RESOURCE)
    destination = state.account(str(body["destinationAccountKey"]))
    if _root(state, state.account(contact["accountId"])) != _root(state, destination):
        raise Refusal(RULE, "The accounts are not in one account hierarchy.", resource=RESOURCE)
    if state.roles(contact["id"]):
        raise Refusal(RULE, "The contact is used as Bill To, Sold To or Ship To.", resource=RESOURCE)
    contact |= {"accountId": destination["id"], "updatedDate": state.timestamp()}
    return _whole(state, contact)


def scrub(state: State, call: Call) -> Answer:
    """PUT /v1/contacts/{id}/scrub: overwrites what is personal, for good."""
    contact = state.contact(call.parameters["id"])
    fields.refuse_unknown(call.body() if call.content else {}, (), resource=RESOURCE)
    scrubbed: dict[str, str | None] = dict.fromkeys(LENGTHS, "Record Scrubbed")
    scrubbed |= dict.fromkeys((*E_MAILS, "country", "state", "otherPhoneType"), None)
    contact |= scrubbed | {"updatedDate": state.timestamp()}
    return json_answer({"success": True, "id": contact["id"]})


def add(state: State, account_id: str, body: dict[str, Any]) -> Record:
    """A new contact of an account; also used by POST /v1/accounts."""
    missing = [name for name in REQUIRED if not body.get(name)]
    if missing:
        raise Refusal(MISSING_FIELD, f"Missing required field(s): '{','.join(missing)}'.", resource=RESOURCE)
    if len(state.contacts_of(account_id)) >= MOST_PER_ACCOUNT:
        raise Refusal(RULE, f"An account can have {MOST_PER_ACCOUNT} contacts.", resource=RESOURCE)
    contact = state.new_record(accountId=account_id, deletedAt=None, **dict.fromkeys(LENGTHS))
    merge(state, contact, body)
    state.contacts[contact["id"]] = contact
    return contact


def merge(state: State, contact: Record, body: dict[str, Any]) -> None:
    """Takes the given fields, checked and normalised; everything else stays, and so does all if one is refused."""
    fields.refuse_unknown(body, LENGTHS, resource=RESOURCE)
    changes = {name: _value(name, value) for name, value in body.items()}
    if {"country", "state"} & changes.keys():
        _normalise_place(contact, changes)
    contact |= changes | {"updatedDate": state.timestamp()}


def view(state: State, contact: Record) -> dict[str, Any]:
    """The contact as v1 shows it: nulls for empty fields, custom fields at the top."""
    shown = {name: value for name, value in contact.items() if name not in INTERNAL}
    return shown | {"accountNumber": state.accounts[contact["accountId"]]["accountNumber"]}


def _whole(state: State, contact: Record) -> Answer:
    return json_answer(view(state, contact) | {"success": True})


def _value(name: str, value: Any) -> Any:
    if fields.is_custom(name):
        return value
    checked = fields.text(name, value, LENGTHS[name], resource=RESOURCE)
    if name in REQUIRED and checked is None:
        raise Refusal(MISSING_FIELD, f"'{name}' is required.", resource=RESOURCE)
    if name in E_MAILS and checked is not None and not _E_MAIL.fullmatch(checked):
        raise Refusal(INVALID_VALUE, f"'{name}' is not a valid e-mail address.", resource=RESOURCE)
    if name == "otherPhoneType" and checked is not None and checked not in PHONE_TYPES:
        raise Refusal(INVALID_VALUE, "'otherPhoneType' must be Work, Mobile, Home or Other.", resource=RESOURCE)
    return checked


def _normalise_place(contact: Record, changes: dict[str, Any]) -> None:
    country = changes.get("country", contact["country"])
    if country is not None:
        country = regions.country_name(country)
        if country is None:
            raise Refusal(INVALID_VALUE, "'country' is not a known country.", resource=RESOURCE)
    state = changes.get("state", contact["state"])
    if state is not None and country is not None and regions.has_subregions(country):
        state = regions.subregion_name(country, state)
        if state is None:
            raise Refusal(INVALID_VALUE, f"'state' is not a state of {country}.", resource=RESOURCE)
    changes |= {"country": country, "state": state}


def _root(state: State, account: Record) -> str:
    seen = [account["id"]]
    while account["parentId"] in state.accounts and account["parentId"] not in seen:
        account = state.accounts[account["parentId"]]
        seen.append(account["id"])
    return str(seen[-1])
