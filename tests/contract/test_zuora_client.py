"""How the client reads Zuora's answers, and what it sends."""

from dataclasses import replace

from chalicelib.clients.zuora import Zuora
from chalicelib.domain.zuora_records import ZuoraContact
from devstack.zuora import FakeZuora
from tests.devstack.raw import person


def sent(fake: FakeZuora, method: str) -> list[dict[str, object]]:
    return [request for request in fake.requests if request["method"] == method and request["path"] != "/oauth/token"]


def test_an_account_comes_with_its_contacts_and_custom_fields(zuora: Zuora, made: dict[str, str]) -> None:
    """R53: an account is imported by its Zuora id with its contacts."""
    account = zuora.account(made["accountId"])

    assert (account.id, account.number, account.name) == (made["accountId"], "ACC-1", "Acme")
    assert (account.status, account.currency, account.custom) == ("Active", "EUR", {"Plan__c": "team"})
    assert account.bill_to is not None
    assert account.sold_to == ZuoraContact(
        id=made["soldToContactId"],
        account_id=made["accountId"],
        first_name="Solveig",
        last_name="Lovelace",
        work_email="ada@example.com",
        address1="12 St James's Square",
        address2="",
        city="San Francisco",
        state="California",
        postal_code="94105",
        country="United States",
    )
    assert zuora.account("ACC-1") == account


def test_a_draft_may_have_no_contacts(fake: FakeZuora, zuora: Zuora) -> None:
    draft = fake.do("POST", "/v1/accounts", {"name": "Draft"})

    account = zuora.account(draft["accountId"])

    assert account.bill_to is account.sold_to is None


def test_a_shared_contact_edited_once_shows_in_both_roles(fake: FakeZuora, zuora: Zuora) -> None:
    """R4."""
    shared = fake.do("POST", "/v1/accounts", {"name": "Shared", "billToContact": person()})

    edited = zuora.update_contact(shared["soldToContactId"], {"city": "Rome"})

    account = zuora.account(shared["accountId"])
    assert account.bill_to == account.sold_to == edited
    assert edited.city == "Rome"


def test_a_contact_is_read_by_its_id(zuora: Zuora, made: dict[str, str]) -> None:
    """R53: a contact known only in Zuora is added by its Zuora contact id."""
    contact = zuora.contact(made["billToContactId"])

    assert (contact.id, contact.first_name) == (made["billToContactId"], "Bill")
    assert not contact.is_scrubbed


def test_a_scrubbed_contact_says_so(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    fake.do("PUT", f"/v1/contacts/{made['billToContactId']}/scrub")

    contact = zuora.contact(made["billToContactId"])

    assert contact.is_scrubbed
    assert contact.work_email == contact.country == ""


def test_only_the_changed_fields_are_sent_and_no_idempotency_key(
    fake: FakeZuora, zuora: Zuora, made: dict[str, str]
) -> None:
    """R51."""
    before = zuora.contact(made["soldToContactId"])

    after = zuora.update_contact(made["soldToContactId"], {"postal_code": "00184", "address1": ""})

    (put,) = sent(fake, "PUT")
    assert put["body"] == {"zipCode": "00184", "address1": ""}
    assert "Idempotency-Key" not in str(put["headers"])
    assert after == replace(before, postal_code="00184", address1="") == zuora.contact(made["soldToContactId"])


def test_country_and_state_come_back_by_their_full_names(zuora: Zuora, made: dict[str, str]) -> None:
    contact = zuora.update_contact(made["soldToContactId"], {"country": "CAN", "state": "ON"})

    assert (contact.country, contact.state) == ("Canada", "Ontario")


def test_a_new_contact_can_become_the_sold_to(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    """R55."""
    fields = {"first_name": "Mary", "last_name": "Somerville", "work_email": "mary@example.com", "city": ""}

    created = zuora.create_contact(made["accountId"], fields, idempotency_key="split-1")
    zuora.set_account_contacts(made["accountId"], sold_to=created.id)

    (post,) = sent(fake, "POST")
    names = {"firstName": "Mary", "lastName": "Somerville", "workEmail": "mary@example.com"}
    assert post["body"] == {"accountId": made["accountId"]} | names
    assert "'Idempotency-Key': 'split-1'" in str(post["headers"])
    (put,) = sent(fake, "PUT")
    assert put["body"] == {"soldToContactId": created.id}
    account = zuora.account(made["accountId"])
    assert account.sold_to == created
    assert account.bill_to is not None
    assert account.bill_to.id == made["billToContactId"]


def test_both_roles_can_be_set_at_once(zuora: Zuora, made: dict[str, str]) -> None:
    contact_id = made["billToContactId"]

    zuora.set_account_contacts(made["accountId"], sold_to=contact_id, bill_to=contact_id)

    account = zuora.account(made["accountId"])
    assert account.bill_to == account.sold_to


def test_creating_twice_with_one_key_creates_once(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    fields = {"first_name": "Mary", "last_name": "Somerville"}

    first = zuora.create_contact(made["accountId"], fields, idempotency_key="once")
    again = zuora.create_contact(made["accountId"], fields, idempotency_key="once")

    assert again == first
    assert len(fake.state.contacts_of(made["accountId"])) == 3


def test_all_pages_of_an_accounts_contacts_are_read(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    for number in range(200):
        fake.do("POST", "/v1/contacts", person(firstName=f"P{number}") | {"accountId": made["accountId"]})
    fake.do("POST", "/v1/accounts", {"name": "Other", "billToContact": person()})

    contacts = zuora.contacts_of(made["accountId"])

    assert len({contact.id for contact in contacts}) == len(contacts) == 202
    assert {contact.account_id for contact in contacts} == {made["accountId"]}
    assert len(sent(fake, "GET")) == 5
    assert zuora.contact(made["soldToContactId"]) in contacts
