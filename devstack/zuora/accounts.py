"""The calls on accounts: read, change, and the summary."""

from typing import Any

from devstack.zuora import contacts, fields, lists
from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call
from devstack.zuora.refusals import INVALID_VALUE, RULE, Refusal
from devstack.zuora.state import Record, State

RESOURCE = 515000
NEWEST_SUBSCRIPTIONS = 6  # as many as a summary shows

TEXTS = {
    "name": 255,
    "notes": 65535,
    "crmId": 100,
    "batch": 40,
    "salesRep": 50,
    "customerServiceRepName": 50,
    "purchaseOrderNumber": 100,
    "invoiceTemplateId": 32,
    "communicationProfileId": 32,
    "sequenceSetId": 32,
    "parentId": 32,
    "paymentGateway": 40,
    "paymentTerm": 100,
    "defaultPaymentMethodId": 32,
}
SWITCHES = ("autoPay", "invoiceDeliveryPrefsEmail", "invoiceDeliveryPrefsPrint")
ROLES = {"billToContact": "billToId", "soldToContact": "soldToId", "shipToContact": "shipToId"}
ROLE_IDS = {f"{contact}Id": role for contact, role in ROLES.items()}
SETTINGS = (*TEXTS, *SWITCHES, "billCycleDay", "additionalEmailAddresses")

BASIC = (
    "id",
    "name",
    "accountNumber",
    "notes",
    "status",
    "crmId",
    "batch",
    "invoiceTemplateId",
    "communicationProfileId",
    "salesRep",
    "sequenceSetId",
    "parentId",
    "customerServiceRepName",
    "purchaseOrderNumber",
)
PAYMENT = (
    "billCycleDay",
    "currency",
    "paymentTerm",
    "paymentGateway",
    "defaultPaymentMethodId",
    "additionalEmailAddresses",
    *SWITCHES,
)
SUMMARY = (
    "id",
    "name",
    "accountNumber",
    "status",
    "batch",
    "billCycleDay",
    "currency",
    "additionalEmailAddresses",
    *SWITCHES,
)


def read(state: State, call: Call) -> Answer:
    """GET /v1/accounts/{id or number}: the contacts are given in full, with ids; a shared one is given twice."""
    account = state.account(call.parameters["key"])
    balance = lists.balance(state, account)
    metrics = {"balance": balance, "totalInvoiceBalance": balance, "creditBalance": 0.0, "contractedMrr": 0.0}
    custom = {name: value for name, value in account.items() if fields.is_custom(name)}
    body = {
        "basicInfo": {name: account[name] for name in BASIC} | custom,
        "billingAndPayment": {name: account[name] for name in PAYMENT},
        "metrics": metrics,
        "metricsData": [metrics | {"currency": account["currency"]}],
        "taxInfo": None,
    }
    return json_answer(body | _contacts(state, account) | {"success": True})


def summary(state: State, call: Call) -> Answer:
    """GET /v1/accounts/{key}/summary."""
    call.only_parameters("excludeUsage")
    account = state.account(call.parameters["key"])
    subscriptions = lists.of_account(state.subscriptions, account)[-NEWEST_SUBSCRIPTIONS:]
    body = {
        "basicInfo": {name: account[name] for name in SUMMARY} | {"balance": lists.balance(state, account)},
        "subscriptions": [lists.brief_subscription(subscription) for subscription in reversed(subscriptions)],
        "invoices": [lists.brief_invoice(invoice) for invoice in lists.of_account(state.invoices, account)],
        "payments": [],
        "taxInfo": None,
        "success": True,
    }
    usage: dict[str, Any] = {} if call.one("excludeUsage") == "true" else {"usage": []}
    return json_answer(body | usage | _contacts(state, account))


def update(state: State, call: Call) -> Answer:
    """PUT /v1/accounts/{key}: settings, other contacts by id, or the present contacts edited in place."""
    account = state.account(call.parameters["key"])
    body = call.body()
    fields.refuse_unknown(body, {*SETTINGS, *ROLES, *ROLE_IDS}, resource=RESOURCE)
    if account["status"] == "Canceled":
        raise Refusal(RULE, "Cannot update a cancelled account", resource=RESOURCE)
    changes = settings(body, resource=RESOURCE)
    for name in ROLE_IDS.keys() & body.keys():
        changes[ROLE_IDS[name]] = _own_contact(state, account, name, body[name])
    edited = _edited_contacts(state, account, body)
    state.contacts.update(edited)
    if "workEmail" in body.get("billToContact", {}):  # the side effect that makes PUT /v1/contacts the better call
        changes["invoiceDeliveryPrefsEmail"] = bool(body["billToContact"]["workEmail"])
    account |= changes | {"updatedDate": state.timestamp()}
    return json_answer({"success": True})


def settings(body: dict[str, Any], *, resource: int) -> dict[str, Any]:
    """The settings among the fields of a body, checked."""
    checked: dict[str, Any] = {name: value for name, value in body.items() if fields.is_custom(name)}
    for name in TEXTS.keys() & body.keys():
        checked[name] = fields.text(name, body[name], TEXTS[name], resource=resource)
    kinds = dict.fromkeys(SWITCHES, bool) | {"billCycleDay": int, "additionalEmailAddresses": list}
    for name in kinds.keys() & body.keys():
        checked[name] = fields.of_type(name, body[name], kinds[name], resource=resource)
    return checked


def _own_contact(state: State, account: Record, name: str, contact_id: object) -> str:
    own = {contact["id"] for contact in state.contacts_of(account["id"])}
    if contact_id not in own:
        raise Refusal(INVALID_VALUE, f"'{name}' is not a contact of this account.", resource=RESOURCE)
    return str(contact_id)


def _edited_contacts(state: State, account: Record, body: dict[str, Any]) -> dict[str, Record]:
    edited: dict[str, Record] = {}
    for name in ROLES.keys() & body.keys():
        edits = fields.of_type(name, body[name], dict, resource=RESOURCE)
        contact_id = account[ROLES[name]]
        if contact_id is None:
            raise Refusal(RULE, f"The account has no '{name}'.", resource=RESOURCE)
        edited.setdefault(contact_id, dict(state.contacts[contact_id]))
        contacts.merge(state, edited[contact_id], edits)
    return edited


def _contacts(state: State, account: Record) -> dict[str, Any]:
    return {
        name: contacts.view(state, state.contacts[account[role]]) if account[role] else None
        for name, role in ROLES.items()
    }
