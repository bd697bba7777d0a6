"""Object Query in the fake: filters, cursors, nulls, expansion."""

import pytest

from devstack.zuora import FakeZuora
from devstack.zuora.regions import country_name, subregion_name
from tests.devstack.raw import Raw, person


@pytest.fixture
def account(fake: FakeZuora) -> dict[str, str]:
    return fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person(), "Plan__c": "team"})


def names(raw: Raw, query: str) -> list[str]:
    reply = raw.send("GET", f"/object-query/contacts?{query}")
    return [contact["firstName"] for contact in reply.body["data"]]


def test_contacts_are_filtered_by_account(fake: FakeZuora, raw: Raw, account: dict[str, str]) -> None:
    fake.do("POST", "/v1/accounts", {"name": "Other", "billToContact": person(firstName="Mary")})

    assert names(raw, f"filter%5B%5D=accountid.EQ:{account['accountId']}") == ["Ada"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter%5B%5D=workemail.EQ:ADA@EXAMPLE.COM", ["Ada"]),
        ("filter%5B%5D=workemail.EQ:charles%2Bb@example.com", ["Charles"]),
        ("filter%5B%5D=workemail.EQ:charles+b@example.com", []),
        ("filter%5B%5D=workemail.EQ:null", ["Mary"]),
        ("filter%5B%5D=workemail.NE:null", ["Ada", "Charles"]),
        ("filter%5B%5D=firstname.IN:%5Bada,mary%5D", ["Ada", "Mary"]),
        ("filter%5B%5D=firstname.SW:ch", ["Charles"]),
        ("filter%5B%5D=firstname.NE:Ada&filter%5B%5D=country.EQ:france", ["Mary"]),
        ("filter%5B%5D=firstname.GE:c", ["Charles", "Mary"]),
    ],
)
def test_filters_ignore_case_and_are_anded(
    fake: FakeZuora, raw: Raw, account: dict[str, str], query: str, found: list[str]
) -> None:
    own = {"accountId": account["accountId"]}
    fake.do("POST", "/v1/contacts", person(firstName="Charles", workEmail="charles+b@example.com") | own)
    fake.do("POST", "/v1/contacts", person(firstName="Mary", workEmail="", country="FR") | own)

    assert names(raw, query) == found


@pytest.mark.parametrize(
    "query",
    [
        "filter%5B%5D=city.EQ:Rome",
        "filter%5B%5D=firstname",
        "filter%5B%5D=firstname.LIKE:x",
        "pageSize=0",
        "pageSize=100",
        "pageSize=many",
        "cursor=%21",
        "limit=3",
        "expand%5B%5D=account",
    ],
)
def test_wrong_queries_are_400_in_a_shape_without_success(raw: Raw, account: dict[str, str], query: str) -> None:
    assert account

    reply = raw.send("GET", f"/object-query/contacts?{query}")

    assert (reply.status, reply.code) == (400, 50000027)
    assert reply.body.keys() == {"reasons", "requestId"}


def test_a_cursor_goes_on_where_the_page_ended(fake: FakeZuora, raw: Raw, account: dict[str, str]) -> None:
    for number in range(11):
        fake.do("POST", "/v1/contacts", person(firstName=f"P{number}") | {"accountId": account["accountId"]})

    first = raw.send("GET", "/object-query/contacts").body
    fake.do("DELETE", f"/v1/contacts/{first['data'][-1]['id']}")
    second = raw.send("GET", f"/object-query/contacts?cursor={first['nextPage']}").body

    assert len(first["data"]) == 10
    assert [contact["firstName"] for contact in second["data"]] == ["P9", "P10"]
    assert "nextPage" not in second


def test_empty_fields_are_left_out_unless_asked_for(raw: Raw, account: dict[str, str]) -> None:
    path = f"/object-query/contacts/{account['billToContactId']}"

    brief = raw.send("GET", path).body
    full = raw.send("GET", f"{path}?includeNullFields=true").body

    assert "address2" not in brief
    assert full["address2"] is None
    assert brief["postalCode"] == "94105"
    assert brief["updatedDate"] == brief["createdDate"]


def test_an_account_shows_its_contacts_by_id_and_expanded(raw: Raw, account: dict[str, str]) -> None:
    path = f"/object-query/accounts/{account['accountNumber']}"

    plain = raw.send("GET", path).body
    expanded = raw.send("GET", f"{path}?expand%5B%5D=billto&expand%5B%5D=soldto").body

    assert plain["billToId"] == plain["soldToId"] == account["billToContactId"]
    assert plain["Plan__c"] == "team"
    assert "billTo" not in plain
    assert expanded["billTo"]["firstName"] == expanded["soldTo"]["firstName"] == "Ada"


def test_switches_compare_as_words(fake: FakeZuora, raw: Raw, account: dict[str, str]) -> None:
    fake.do("POST", "/v1/accounts", {"name": "Other", "billToContact": person(), "autoPay": True})

    body = raw.send("GET", "/object-query/accounts?filter%5B%5D=autopay.EQ:false").body

    assert [found["id"] for found in body["data"]] == [account["accountId"]]


def test_invoices_compare_as_numbers(fake: FakeZuora, raw: Raw) -> None:
    invoices = [{"amount": amount} for amount in (9, 100, 20)]
    fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person(), "invoices": invoices})

    body = raw.send("GET", "/object-query/invoices?filter%5B%5D=amount.GT:10&pageSize=99").body

    assert [invoice["amount"] for invoice in body["data"]] == [100.0, 20.0]
    assert raw.send("GET", "/object-query/invoices?filter%5B%5D=amount.GT:ten").code == 50000027


@pytest.mark.parametrize("path", ["contacts/missing", "accounts/missing", "refunds", "refunds/x"])
def test_what_does_not_exist_is_404(raw: Raw, path: str) -> None:
    assert raw.send("GET", f"/object-query/{path}").code == 50000040


@pytest.mark.parametrize(
    ("text", "name"),
    [("CI", "Côte d'Ivoire"), ("kor", "Korea, Republic of"), (" gb ", "United Kingdom"), ("England", None)],
)
def test_countries_have_names_and_two_codes(text: str, name: str | None) -> None:
    assert country_name(text) == name


def test_states_belong_to_their_country() -> None:
    assert subregion_name("Canada", "on") == "Ontario"
    assert subregion_name("United States", "on") is None
