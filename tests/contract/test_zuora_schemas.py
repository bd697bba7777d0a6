"""Checks the fake's answers and the client's requests against Zuora's schemas, and those against recordings."""

from typing import Any

import pytest

from chalicelib.clients.zuora import Zuora
from devstack.zuora import FakeZuora
from tests.contract.schemas import request_problems, response_problems, sample, samples
from tests.devstack.raw import Raw, person

# Zuora's API reference shows these in its sample of a bank account; the models of its package lack them.
DOCUMENTED_ONLY = {"bankAccountNumber", "bankAccountType", "bankName"}


@pytest.fixture
def raw(fake: FakeZuora) -> Raw:
    return Raw(fake)


@pytest.mark.parametrize("name", [name for name in samples() if "schema" in sample(name)])
def test_recorded_answers_match_the_tolerant_schemas(name: str) -> None:
    exchange = sample(name)

    assert response_problems(exchange["schema"], exchange["body"]) == []


def test_the_check_finds_names_types_and_lengths_that_are_wrong() -> None:
    assert response_problems("ContactResponse", {"town": "Rome"})
    assert response_problems("ContactResponse", {"city": ["Rome"]})
    assert request_problems("UpdateContactRequest", {"city": None})
    assert request_problems("UpdateContactRequest", {"zipCode": "x" * 21})
    assert request_problems("UpdateContactRequest", {"postalCode": "1"})
    assert not request_problems("UpdateContactRequest", {"city": "", "VIP__c": "Yes"})


@pytest.mark.parametrize(
    ("path", "definition"),
    [
        ("/v1/accounts/{accountId}", "AccountDetailResponse"),
        ("/v1/accounts/{accountId}/summary", "AccountSummaryResponse"),
        ("/v1/contacts/{soldToContactId}", "ContactResponse"),
        ("/v1/subscriptions/accounts/{accountId}?pageSize=2", "GetSubscriptionsResponse"),
        ("/v1/subscriptions/A-S1?charge-detail=all-segments", "GetSubscriptionResponse"),
        ("/object-query/invoices/{invoiceNumber}", "ExpandedInvoice"),
        ("/object-query/contacts", "QueryContactsResponse"),
        ("/object-query/contacts/{soldToContactId}?includeNullFields=true", "ExpandedContact"),
        ("/object-query/accounts/{accountId}?expand%5B%5D=billto&expand%5B%5D=soldto", "ExpandedAccount"),
        ("/object-query/accounts/{accountId}?includeNullFields=true", "ExpandedAccount"),
        ("/object-query/invoices?pageSize=2", "QueryInvoicesResponse"),
    ],
)
def test_records_of_the_fake_match_the_schemas(raw: Raw, made: dict[str, str], path: str, definition: str) -> None:
    body = raw.send("GET", path.format(**made, invoiceNumber="INV00000001")).body

    assert response_problems(definition, body) == []


def test_the_token_matches_the_schema(raw: Raw) -> None:
    assert response_problems("TokenResponse", raw.token().body) == []


def test_payment_methods_match_the_schema_of_one(raw: Raw, made: dict[str, str]) -> None:
    body = raw.send("GET", f"/v1/accounts/{made['accountId']}/payment-methods").body

    methods = [method for value in body.values() if isinstance(value, list) for method in value]
    assert len(methods) == 2
    for method in methods:
        described = {name: value for name, value in method.items() if name not in DOCUMENTED_ONLY}
        assert response_problems("GetPaymentMethodForAccountResponse", described) == []
    rest = {name: value for name, value in body.items() if not isinstance(value, list)}
    assert response_problems("GetAccountPaymentMethodResponse", rest) == []


def test_billing_documents_match_the_schema_of_one(raw: Raw, made: dict[str, str]) -> None:
    documents = raw.send("GET", f"/v1/billing-documents?accountId={made['accountId']}").body["documents"]

    assert len(documents) == 3
    for document in documents:
        assert response_problems("GetBillingDocumentsResponse", document) == []


def test_the_fakes_answers_to_changes_match_the_schemas(raw: Raw, made: dict[str, str]) -> None:
    account, contact = f"/v1/accounts/{made['accountId']}", f"/v1/contacts/{made['soldToContactId']}"
    created = raw.send("POST", "/v1/contacts", person() | {"accountId": made["accountId"]})
    spare = f"/v1/contacts/{created.body['id']}"
    destination = {"destinationAccountKey": made["accountId"]}

    answers = [
        ("ContactResponse", created),
        ("ContactResponse", raw.send("PUT", contact, {"city": "Rome", "VIP__c": "Yes"})),
        ("ContactResponse", raw.send("PUT", f"{spare}/transfer", destination)),
        ("ContactResponse", raw.send("PUT", f"{spare}/scrub", {})),
        ("CommonResponse", raw.send("PUT", account, {"notes": "x"})),
        ("CommonResponse", raw.send("DELETE", spare)),
    ]

    for definition, reply in answers:
        assert reply.status == 200
        assert reply.body["success"] is True
        assert response_problems(definition, reply.body) == []


@pytest.mark.parametrize("fault", ["lock", "temporary", "rate_limit", "rate_limit_no_header", "unauthorized"])
@pytest.mark.parametrize("version", ["2025-08-12", "341.0", None])
def test_failures_match_the_schema(
    fake: FakeZuora, raw: Raw, made: dict[str, str], fault: str, version: str | None
) -> None:
    path = f"/v1/contacts/{made['soldToContactId']}"
    answers = [
        raw.send("GET", "/v1/contacts/missing", version=version),
        raw.send("PUT", path, {"town": "Rome"}, version=version),
        raw.send("GET", "/object-query/contacts?pageSize=100", version=version),
    ]
    fake.fail("*", fault)
    answers.append(raw.send("GET", path, version=version))

    for reply in answers:
        assert reply.body["reasons"]
        assert response_problems("CommonResponse", reply.body) == []


def test_the_clients_requests_match_the_schemas(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    every_field = {
        "first_name": "Mary",
        "last_name": "Somerville",
        "work_email": "mary@example.com",
        "address1": "1 High Street",
        "address2": "Attic",
        "city": "Jedburgh",
        "state": "Scotland",
        "postal_code": "TD8 6AA",
        "country": "GBR",
    }
    cleared = dict.fromkeys(every_field.keys() - {"first_name", "last_name"}, "")

    created = zuora.create_contact(made["accountId"], every_field, idempotency_key="k")
    zuora.update_contact(created.id, every_field)
    zuora.update_contact(created.id, cleared)
    zuora.set_account_contacts(made["accountId"], sold_to=created.id, bill_to=created.id)

    bodies: list[tuple[str, Any]] = [
        (f"{request['method']} {request['path'].split('/')[2]}", request["body"])
        for request in fake.requests
        if request["method"] != "GET"
    ]
    definitions = {
        "POST contacts": "CreateContactRequest",
        "PUT contacts": "UpdateContactRequest",
        "PUT accounts": "UpdateAccountRequest",
    }
    problems = [request_problems(definitions[call], body) for call, body in bodies if call in definitions]
    assert problems == [[], [], [], []]
