"""Filling an account's lists: subscriptions, invoices, payment methods, each with what Zuora would have put there.

Not a call of Zuora's: for tests. Each item has the fields of Zuora's own answer, and those left out get defaults:

* ``subscriptions`` (GetSubscriptionResponse): several ``ratePlans``, each with ``lastChangeType`` and several
  ``ratePlanCharges``; a charge is one segment (``effectiveStartDate``, ``effectiveEndDate``), or has several in
  ``chargeSegments``. ``invoiceOwnerAccountId`` or ``invoiceOwnerAccountNumber`` names who pays; else the account does.
* ``invoices`` (ExpandedInvoice): ``status`` is Draft, Posted, Canceled or another of INVOICE_STATUSES.
* ``paymentMethods``, with ``type``: one of PAYMENT_METHOD_TYPES.
"""

import uuid
from collections.abc import Callable
from typing import Any

from devstack.zuora.refusals import INVALID_VALUE, Refusal
from devstack.zuora.state import Record, State

RESOURCE = 511000
LISTS = ("subscriptions", "invoices", "paymentMethods")
INVOICE_STATUSES = ("Draft", "Posted", "Canceled", "CancelInProgress", "Generating", "PendingForTax", "Split")
# The array of GET /v1/accounts/{key}/payment-methods is named like the type, in lower case.
PAYMENT_METHOD_TYPES = ("CreditCard", "DebitCard", "ACH", "BankTransfer", "PayPal")
OF_A_SEGMENT = ("effectiveStartDate", "effectiveEndDate", "segment", "quantity", "id", "isLastSegment")


def plant(state: State, account: Record, given: dict[str, list[dict[str, Any]]]) -> None:
    """Puts the items into the account's lists; refuses what Zuora could not hold."""
    for subscription in given["subscriptions"]:
        whole = _subscription_defaults(state, account) | subscription | _invoice_owner(state, account, subscription)
        _keep(state, state.subscriptions, account, whole | {"ratePlans": _rate_plans(whole)})
    for invoice in given["invoices"]:
        planted = _keep(state, state.invoices, account, _invoice_defaults(state, account, invoice) | invoice)
        _one_of(planted, "status", INVOICE_STATUSES)
    for method in given["paymentMethods"]:
        _one_of(method, "type", PAYMENT_METHOD_TYPES)
        kept = _keep(state, state.payment_methods, account, {"status": "Active", "isDefault": False} | method)
        if kept["isDefault"]:
            account["defaultPaymentMethodId"] = kept["id"]


def _keep(state: State, table: dict[str, Record], account: Record, item: dict[str, Any]) -> Record:
    record = state.new_record(**item | {"accountId": account["id"]})
    table[record["id"]] = record
    return record


def _one_of(item: dict[str, Any], name: str, known: tuple[str, ...]) -> None:
    if item.get(name) not in known:
        raise Refusal(INVALID_VALUE, f"'{name}' must be one of: {', '.join(known)}.", resource=RESOURCE)


def _listed(items: Any, complete: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The items completed; what is no list of objects stays as it is, for tests of bad answers."""
    if not isinstance(items, list):
        return items
    return [complete(item) if isinstance(item, dict) else item for item in items]


def _subscription_defaults(state: State, account: Record) -> dict[str, Any]:
    today = state.timestamp()[:10]
    return {
        "subscriptionNumber": f"A-S{len(state.subscriptions) + 1:08}",
        "accountNumber": account["accountNumber"],
        "accountName": account["name"],
        "status": "Active",
        "termType": "TERMED",
        "subscriptionStartDate": today,
        "termStartDate": today,
        "termEndDate": None,
        "autoRenew": False,
        "renewalTerm": 12,
        "ratePlans": [],
    }


def _invoice_owner(state: State, account: Record, given: dict[str, Any]) -> dict[str, Any]:
    """The three fields of the invoice owner; one that is not of this tenant stays as it was given."""
    key = given.get("invoiceOwnerAccountId") or given.get("invoiceOwnerAccountNumber")
    owners = [each for each in state.accounts.values() if key in (each["id"], each["accountNumber"])]
    owner = owners[0] if owners else account
    if key and not owners:
        return {}
    return {
        "invoiceOwnerAccountId": owner["id"],
        "invoiceOwnerAccountName": owner["name"],
        "invoiceOwnerAccountNumber": owner["accountNumber"],
    }


def _rate_plans(subscription: dict[str, Any]) -> Any:
    return _listed(subscription["ratePlans"], lambda plan: _rate_plan(subscription, plan))


def _rate_plan(subscription: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    plan = {
        "id": uuid.uuid4().hex,
        "lastChangeType": "Add",
        "productName": None,
        "ratePlanName": None,
        "ratePlanCharges": [],
    } | given
    return plan | {"ratePlanCharges": _listed(plan["ratePlanCharges"], lambda charge: _charge(subscription, charge))}


def _charge(subscription: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    charge = {
        "number": f"C-{uuid.uuid4().int % 10**8:08}",
        "name": None,
        "type": "Recurring",
        "model": "PerUnit",
        "uom": None,
        "version": 1,
    } | given
    segments = charge.pop("chargeSegments", None) or [{}]
    if not isinstance(segments, list):
        return charge | {"chargeSegments": segments}
    days = {"effectiveStartDate": subscription["termStartDate"], "effectiveEndDate": subscription["termEndDate"]}
    own = days | {name: charge.pop(name) for name in OF_A_SEGMENT if name in charge}
    numbered = iter(range(1, len(segments) + 1))
    whole = _listed(
        segments, lambda each: {"id": uuid.uuid4().hex, "segment": next(numbered), "quantity": None} | own | each
    )
    return charge | {"chargeSegments": whole}


def _invoice_defaults(state: State, account: Record, given: dict[str, Any]) -> dict[str, Any]:
    amount = _amount("amount", given.get("amount", 0.0))
    balance = _amount("balance", given.get("balance", amount))
    posted = given.get("status", "Posted") == "Posted"
    return {
        "invoiceNumber": f"INV{len(state.invoices) + 1:08}",
        "invoiceDate": state.timestamp()[:10],
        "dueDate": state.timestamp()[:10],
        "amount": amount,
        "balance": balance,
        "paymentAmount": amount - balance,
        "status": "Posted",
        "postedDate": state.timestamp() if posted else None,
        "currency": account["currency"],
    }


def _amount(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(INVALID_VALUE, f"'{name}' must be a number.", resource=RESOURCE)
    return float(value)
