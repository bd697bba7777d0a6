"""Contacts in the fake: merging, checks, normalisation, and the life of a contact."""

import pytest

from devstack.zuora import FakeZuora
from tests.devstack.conftest import Clock
from tests.devstack.raw import Raw, person


@pytest.fixture
def account(fake: FakeZuora) -> dict[str, str]:
    return fake.do("POST", "/v1/accounts", {"name": "Acme", "billToContact": person(), "soldToContact": person()})


@pytest.fixture
def contact_id(account: dict[str, str]) -> str:
    return account["soldToContactId"]


def test_a_contact_is_returned_with_nulls_for_empty_fields(raw: Raw, account: dict[str, str], contact_id: str) -> None:
    body = raw.send("GET", f"/v1/contacts/{contact_id}").body

    assert body["success"] is True
    assert (body["id"], body["accountId"]) == (contact_id, account["accountId"])
    assert (body["country"], body["state"], body["zipCode"]) == ("United States", "California", "94105")
    assert body["address2"] is None
    assert not {"createdDate", "updatedDate", "sequence", "deletedAt"} & body.keys()


def test_only_the_given_fields_change(raw: Raw, contact_id: str) -> None:
    before = raw.send("GET", f"/v1/contacts/{contact_id}").body

    answer = raw.send("PUT", f"/v1/contacts/{contact_id}", {"city": "Oakland", "zipCode": "", "VIP__c": "Yes"}).body

    assert answer == before | {"city": "Oakland", "zipCode": None, "VIP__c": "Yes"}
    assert raw.send("GET", f"/v1/contacts/{contact_id}").body == answer


@pytest.mark.parametrize(
    ("change", "category"),
    [
        ({"postalCode": "1"}, 21),
        ({"city": "x" * 101}, 20),
        ({"zipCode": "x" * 21}, 20),
        ({"address1": "x" * 256}, 20),
        ({"city": None}, 20),
        ({"city": 7}, 20),
        ({"workEmail": "ada@example"}, 20),
        ({"otherPhoneType": "Car"}, 20),
        ({"firstName": ""}, 22),
        ({"lastName": ""}, 22),
        ({"country": "Atlantis"}, 20),
        ({"state": "Bavaria"}, 20),
        ({"country": "Canada"}, 20),
    ],
)
def test_a_refused_change_changes_nothing(raw: Raw, contact_id: str, change: dict[str, object], category: int) -> None:
    before = raw.send("GET", f"/v1/contacts/{contact_id}").body

    reply = raw.send("PUT", f"/v1/contacts/{contact_id}", {"nickname": "Countess"} | change)

    assert (reply.status, reply.code % 100) == (400, category)
    assert raw.send("GET", f"/v1/contacts/{contact_id}").body == before


def test_all_unknown_fields_are_named_at_once(raw: Raw, contact_id: str) -> None:
    reply = raw.send("PUT", f"/v1/contacts/{contact_id}", {"email": "a@b.example", "town": "Rome"})

    assert reply.body["reasons"][0]["message"] == "Invalid parameter(s): 'email,town'."


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"country": "us", "state": "ny"}, ("United States", "New York")),
        ({"country": "USA", "state": "New York"}, ("United States", "New York")),
        ({"country": "united states", "state": "dc"}, ("United States", "District of Columbia")),
        ({"country": "CAN", "state": "qc"}, ("Canada", "Quebec")),
        ({"country": "DEU", "state": "Bavaria"}, ("Germany", "Bavaria")),
        ({"country": "gb", "state": ""}, ("United Kingdom", None)),
        ({"state": "tx"}, ("United States", "Texas")),
        ({"country": "", "state": "anything"}, (None, "anything")),
    ],
)
def test_countries_and_states_are_stored_by_their_full_names(
    raw: Raw, contact_id: str, given: dict[str, str], stored: tuple[str, str]
) -> None:
    answer = raw.send("PUT", f"/v1/contacts/{contact_id}", given).body

    assert (answer["country"], answer["state"]) == stored


def test_a_new_contact_belongs_to_the_account_named_by_id_number_or_both(raw: Raw, account: dict[str, str]) -> None:
    keys = {name: account[name] for name in ("accountId", "accountNumber")}

    for given in ({"accountId": keys["accountId"]}, {"accountNumber": keys["accountNumber"]}, keys):
        answer = raw.send("POST", "/v1/contacts", person() | given).body

        assert answer["accountId"] == account["accountId"]
        assert raw.send("GET", f"/v1/contacts/{answer['id']}").body == answer


def test_a_new_contact_needs_an_account_and_a_name(fake: FakeZuora, raw: Raw, account: dict[str, str]) -> None:
    other = fake.do("POST", "/v1/accounts", {"name": "Other", "billToContact": person()})
    account_id = {"accountId": account["accountId"]}

    assert raw.send("POST", "/v1/contacts", person()).code % 100 == 22
    assert raw.send("POST", "/v1/contacts", {"firstName": "Ada"} | account_id).code % 100 == 22
    assert raw.send("POST", "/v1/contacts", person() | {"accountId": "missing"}).code % 100 == 40
    both = account_id | {"accountNumber": other["accountNumber"]}
    assert raw.send("POST", "/v1/contacts", person() | both).code % 100 == 20


def test_an_account_has_at_most_2000_contacts(fake: FakeZuora, raw: Raw, account: dict[str, str]) -> None:
    body = person() | {"accountId": account["accountId"]}
    for _ in range(1998):
        fake.do("POST", "/v1/contacts", body)

    assert raw.send("POST", "/v1/contacts", body).code % 100 == 30


def test_a_contact_in_use_cannot_be_deleted(raw: Raw, contact_id: str) -> None:
    assert raw.send("DELETE", f"/v1/contacts/{contact_id}").code % 100 == 30


def test_a_deleted_contact_can_still_be_read_for_a_while(raw: Raw, clock: Clock, account: dict[str, str]) -> None:
    spare = raw.send("POST", "/v1/contacts", person() | {"accountId": account["accountId"]}).body["id"]

    assert raw.send("DELETE", f"/v1/contacts/{spare}").body == {"success": True}
    assert raw.send("GET", f"/v1/contacts/{spare}").status == 200
    clock.now += 10
    assert raw.send("GET", f"/v1/contacts/{spare}").code == 50000040
    assert raw.send("PUT", f"/v1/contacts/{spare}", {"city": "Rome"}).status == 404


def test_a_contact_moves_inside_a_hierarchy_only(fake: FakeZuora, raw: Raw, account: dict[str, str]) -> None:
    child = fake.do(
        "POST", "/v1/accounts", {"name": "Child", "billToContact": person(), "parentId": account["accountId"]}
    )
    stranger = fake.do("POST", "/v1/accounts", {"name": "Stranger", "billToContact": person()})
    spare = raw.send("POST", "/v1/contacts", person() | {"accountId": account["accountId"]}).body["id"]

    refused = raw.send("PUT", f"/v1/contacts/{spare}/transfer", {"destinationAccountKey": stranger["accountNumber"]})
    nowhere = raw.send("PUT", f"/v1/contacts/{spare}/transfer", {})
    in_use = raw.send(
        "PUT",
        f"/v1/contacts/{account['billToContactId']}/transfer",
        {"destinationAccountKey": child["accountNumber"]},
    )
    moved = raw.send("PUT", f"/v1/contacts/{spare}/transfer", {"destinationAccountKey": child["accountNumber"]})

    assert [reply.code % 100 for reply in (refused, nowhere, in_use)] == [30, 22, 30]
    assert moved.body["accountId"] == child["accountId"]
    assert moved.body["accountNumber"] == child["accountNumber"]


def test_scrubbing_overwrites_texts_and_empties_addresses(raw: Raw, contact_id: str) -> None:
    assert raw.send("PUT", f"/v1/contacts/{contact_id}/scrub", {}).body["success"] is True

    body = raw.send("GET", f"/v1/contacts/{contact_id}").body
    assert body["firstName"] == body["lastName"] == body["city"] == "Record Scrubbed"
    assert body["workEmail"] is body["personalEmail"] is body["country"] is None


def test_contacts_of_a_cancelled_account_can_be_changed(fake: FakeZuora, raw: Raw) -> None:
    made = fake.do("POST", "/v1/accounts", {"name": "Gone", "status": "Canceled", "billToContact": person()})

    assert raw.send("PUT", f"/v1/contacts/{made['billToContactId']}", {"city": "Rome"}).body["city"] == "Rome"
