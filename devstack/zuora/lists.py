"""The lists of one account: subscriptions, payment methods, billing documents."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from devstack.zuora import charges
from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call
from devstack.zuora.refusals import INVALID_PARAMETER, MISSING_PARAMETER, Refusal, not_found
from devstack.zuora.state import INTERNAL, Record, State

DEFAULT_PAGE, LARGEST_PAGE = 20, 40
BRIEF_SUBSCRIPTION = (
    "id",
    "subscriptionNumber",
    "status",
    "termType",
    "termStartDate",
    "termEndDate",
    "autoRenew",
    "renewalTerm",
)
BRIEF_INVOICE = ("id", "invoiceNumber", "invoiceDate", "dueDate", "amount", "balance", "status")


def subscriptions(state: State, call: Call) -> Answer:
    """GET /v1/subscriptions/accounts/{key}?page&pageSize: nextPage is a URL, and absent at the end."""
    call.only_parameters("page", "pageSize", "charge-detail")
    account = state.account(call.parameters["key"])
    detail = _charge_detail(call)
    all_of_it = [
        charges.shown(_shown(record), detail, state.timestamp()[:10])
        for record in of_account(state.subscriptions, account)
    ]
    path = f"/v1/subscriptions/accounts/{quote(call.parameters['key'], safe='')}"
    return json_answer({"success": True} | _page(call, "subscriptions", all_of_it, path))


def one_subscription(state: State, call: Call) -> Answer:
    """GET /v1/subscriptions/{id or number}: in its newest version, the only one kept here."""
    call.only_parameters("charge-detail")
    key, detail = call.parameters["key"], _charge_detail(call)
    found = next((it for it in state.subscriptions.values() if key in (it["id"], it["subscriptionNumber"])), None)
    if found is None:
        raise not_found(key)
    return json_answer({"success": True} | charges.shown(_shown(found), detail, state.timestamp()[:10]))


def payment_methods(state: State, call: Call) -> Answer:
    """GET /v1/accounts/{key}/payment-methods: one array per type, named like it in lower case."""
    account = state.account(call.parameters["key"])
    by_type: dict[str, list[dict[str, Any]]] = {}
    for record in of_account(state.payment_methods, account):
        by_type.setdefault(record["type"].lower(), []).append(_shown(record, without={"accountId"}))
    head = {"defaultPaymentMethodId": account["defaultPaymentMethodId"], "paymentGateway": account["paymentGateway"]}
    return json_answer({"success": True} | head | by_type)


def billing_documents(state: State, call: Call) -> Answer:
    """GET /v1/billing-documents?accountId=: here only invoices are billed."""
    call.only_parameters("accountId", "page", "pageSize")
    account_id = call.one("accountId")
    if not account_id:
        raise Refusal(MISSING_PARAMETER, "Missing required query parameter: 'accountId'.")
    documents = [_document(invoice) for invoice in of_account(state.invoices, state.account(account_id))]
    page = _page(call, "documents", documents, "/v1/billing-documents", accountId=account_id)
    return json_answer({"success": True} | page)


def of_account(table: Mapping[str, Record], account: Record) -> list[Record]:
    """The account's records of a table, oldest first."""
    return [record for record in table.values() if record["accountId"] == account["id"]]


def balance(state: State, account: Record) -> float:
    """What the account owes: posted invoices alone are owed."""
    owed = [each["balance"] for each in of_account(state.invoices, account) if each["status"] == "Posted"]
    return float(sum(owed))


def brief_subscription(record: Record) -> dict[str, Any]:
    """A subscription as the account summary shows it; the number of months is a text there."""
    brief = {name: record[name] for name in BRIEF_SUBSCRIPTION}
    plans = [{name: plan.get(name) for name in ("productName", "ratePlanName")} for plan in record["ratePlans"]]
    return brief | {"renewalTerm": str(record["renewalTerm"]), "ratePlans": plans}


def brief_invoice(record: Record) -> dict[str, Any]:
    """An invoice as the account summary shows it."""
    return {name: record[name] for name in BRIEF_INVOICE}


def _shown(record: Record, *, without: set[str] | None = None) -> dict[str, Any]:
    hidden = INTERNAL | (without or set())
    return {name: value for name, value in record.items() if name not in hidden}


def _charge_detail(call: Call) -> str:
    detail = call.one("charge-detail", charges.LAST) or ""
    if detail not in charges.DETAILS:
        raise Refusal(INVALID_PARAMETER, f"Invalid query parameter 'charge-detail': {', '.join(charges.DETAILS)}.")
    return detail


def _document(invoice: Record) -> dict[str, Any]:
    shared = {name: invoice[name] for name in ("id", "accountId", "amount", "balance", "status", "currency")}
    number, day = invoice["invoiceNumber"], invoice["invoiceDate"]
    return shared | {"documentType": "Invoice", "documentNumber": number, "documentDate": day}


def _page(call: Call, name: str, items: list[dict[str, Any]], path: str, **query: str) -> dict[str, Any]:
    number = call.whole_number("page", default=1, largest=1_000_000)
    size = call.whole_number("pageSize", default=DEFAULT_PAGE, largest=LARGEST_PAGE)
    end = number * size
    page: dict[str, Any] = {name: items[end - size : end]}
    if end < len(items):
        page["nextPage"] = f"{call.base_url}{path}?{urlencode(query | {'page': number + 1, 'pageSize': size})}"
    return page
