"""Creating accounts: Zuora's own call, and with lists beside it the way for tests to fill the tenant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from devstack.zuora import accounts, contacts, fields, plants
from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call
from devstack.zuora.refusals import INVALID_VALUE, MISSING_FIELD, Refusal
from devstack.zuora.state import Record, State

RESOURCE = 511000
STATUSES = ("Active", "Draft", "Canceled")
KNOWN = {
    *accounts.SETTINGS,
    "accountNumber",
    "status",
    "currency",
    "billToContact",
    "soldToContact",
    "soldToSameAsBillTo",
    *plants.LISTS,
}


def create(state: State, call: Call) -> Answer:
    """POST /v1/accounts {name, accountNumber?, currency?, status?, billToContact?, soldToContact?, X__c?, ...}.

    With one contact only (or soldToSameAsBillTo) that record has both roles; with none the account is a draft.
    Custom fields stand at the top or in `basicInfo`. Three lists are for tests only: `subscriptions`, `invoices`
    and `paymentMethods`; plants.py says what their items are.
    """
    body = call.body()
    body |= fields.of_type("basicInfo", body.pop("basicInfo", {}), dict, resource=RESOURCE)
    fields.refuse_unknown(body, KNOWN, resource=RESOURCE)
    with _kept_whole(state, _new(state, body)) as account:
        _add_contacts(state, account, body)
        plants.plant(state, account, {name: _items(body, name) for name in plants.LISTS})
    made = {"accountId": account["id"], "accountNumber": account["accountNumber"]}
    ids = {"billToContactId": account["billToId"], "soldToContactId": account["soldToId"]}
    return json_answer({"success": True} | made | ids)


@contextmanager
def _kept_whole(state: State, account: Record) -> Iterator[Record]:
    state.accounts[account["id"]] = account
    try:
        yield account
    except Refusal:
        state.forget_account(account["id"])
        raise


def _new(state: State, body: dict[str, Any]) -> Record:
    if not body.get("name"):
        raise Refusal(MISSING_FIELD, "Missing required field: 'name'.", resource=RESOURCE)
    has_contact = bool(body.get("billToContact") or body.get("soldToContact"))
    status = body.get("status", "Active" if has_contact else "Draft")
    if status not in STATUSES:
        raise Refusal(INVALID_VALUE, f"'status' must be one of: {', '.join(STATUSES)}.", resource=RESOURCE)
    if status == "Active" and not has_contact:
        raise Refusal(MISSING_FIELD, "An active account needs 'billToContact'.", resource=RESOURCE)
    account = state.new_record(**dict.fromkeys((*accounts.TEXTS, *accounts.ROLES.values())))
    account |= dict.fromkeys(accounts.SWITCHES, False)
    account |= {"batch": "Batch1", "billCycleDay": 1, "paymentTerm": "Due Upon Receipt", "additionalEmailAddresses": []}
    account |= {"currency": str(body.get("currency", "USD")), "status": status, "accountNumber": _number(state, body)}
    account |= accounts.settings(body, resource=RESOURCE)
    return account


def _number(state: State, body: dict[str, Any]) -> str:
    number = fields.text("accountNumber", body.get("accountNumber", ""), 70, resource=RESOURCE)
    taken = {account["accountNumber"] for account in state.accounts.values()}
    if number in taken:
        raise Refusal(INVALID_VALUE, "The account number is in use.", resource=RESOURCE)
    following = len(taken) + 1
    while number is None or number in taken:
        number = f"A{following:08}"
        following += 1
    return number


def _add_contacts(state: State, account: Record, body: dict[str, Any]) -> None:
    given = [body[name] for name in ("billToContact", "soldToContact") if body.get(name)]
    if body.get("soldToSameAsBillTo"):
        given = given[:1]
    added = [
        contacts.add(state, account["id"], fields.of_type("contact", contact, dict, resource=RESOURCE))["id"]
        for contact in given
    ]
    if added:
        account |= {"billToId": added[0], "soldToId": added[-1]}


def _items(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = fields.of_type(name, body.get(name, []), list, resource=RESOURCE)
    return [fields.of_type(name, item, dict, resource=RESOURCE) for item in items]
