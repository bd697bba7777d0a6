"""``python -m tests.sdk``: Zuora's own package speaks to the fake, each call and what has to come back.

Needs nothing but the package and the standard library, and is no test of pytest's: it runs in an environment of its
own. Exits 0 only if every call did what it should.
"""

import sys
from typing import Any

import zuora_sdk
from zuora_sdk.models import CreateContactRequest, UpdateContactRequest
from zuora_sdk.zuora_client import ZuoraClient

from devstack.zuora import FakeZuora, fake_zuora

CLIENT_ID = "00000000-0000-4000-8000-000000000000"
CLIENT_SECRET = "a-zuora-secret-for-tests-0123456789"
OLGA = {"firstName": "Olga", "lastName": "Owner", "workEmail": "olga@acme.example", "country": "Germany"}
CARD = {"type": "CreditCard", "cardNumber": "************1111", "creditCardType": "Visa", "expirationMonth": 8,
        "expirationYear": 2030, "accountHolderInfo": {"accountHolderName": "Ada Lovelace"}}  # fmt: skip
SECONDS = 10.0


class Wrong(Exception):
    """Something did not come back as it should."""


def expect(what: str, found: Any, wanted: Any) -> None:
    """Compares, and says so."""
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, and should be {wanted!r}")
    sys.stdout.write(f"  {what}: {found!r}\n")


def client_of(fake: FakeZuora) -> ZuoraClient:
    """The package's client, with a token of the fake."""
    client = ZuoraClient(CLIENT_ID, CLIENT_SECRET, None, zuora_sdk.Configuration(host=fake.url))
    client._auth()  # noqa: SLF001 -- its public way starts a thread that never ends
    if client.token["access_token"] is None:
        raise Wrong("no token")
    expect("token", len(client.token["access_token"]), 32)
    return client


def account_of(fake: FakeZuora) -> tuple[str, str]:
    """An account with something to list; its id and the id of its contact."""
    account = {"name": "Acme Ltd", "currency": "USD", "billCycleDay": 1, "billToContact": OLGA}
    account |= {
        "subscriptions": [{"subscriptionNumber": "A-S1"}, {"subscriptionNumber": "A-S2"}],
        "paymentMethods": [CARD],
    }
    made = fake.do("POST", "/v1/accounts", account)
    account_id = str(made["accountId"])
    return account_id, str(made["billToContactId"])


def speak(fake: FakeZuora) -> None:
    """Every call that the project needs of a tenant."""
    client = client_of(fake)
    account_id, contact_id = account_of(fake)

    account = client.accounts_api().get_account(account_id, _request_timeout=SECONDS)
    expect("account", (account.basic_info.id, account.basic_info.name), (account_id, "Acme Ltd"))
    expect("bill to of the account", account.bill_to_contact.work_email, "olga@acme.example")

    contacts = client.contacts_api()
    contact = contacts.get_contact(contact_id, _request_timeout=SECONDS)
    expect("contact", (contact.first_name, contact.country), ("Olga", "Germany"))
    change = UpdateContactRequest(city="Wien", country="AT")
    expect("update", contacts.update_contact(contact_id, change, _request_timeout=SECONDS).country, "Austria")
    expect("read back", contacts.get_contact(contact_id, _request_timeout=SECONDS).city, "Wien")
    wanted = CreateContactRequest(
        account_id=account_id, first_name="Carl", last_name="Colleague", country="US", state="CA"
    )
    made = contacts.create_contact(wanted, idempotency_key="once", _request_timeout=SECONDS)
    expect("create", (made.first_name, made.country, made.state), ("Carl", "United States", "California"))
    again = contacts.create_contact(wanted, idempotency_key="once", _request_timeout=SECONDS)
    expect("created once", again.id, made.id)

    listed = client.subscriptions_api().get_subscriptions_by_account(account_id, _request_timeout=SECONDS)
    expect("subscriptions", [each.subscription_number for each in listed.subscriptions or []], ["A-S1", "A-S2"])
    methods = client.accounts_api().get_account_payment_methods(account_id, _request_timeout=SECONDS)
    cards = methods.additional_properties["creditcard"]  # the package has no name for what is listed by type
    expect("cards", [each["cardNumber"] for each in cards], ["************1111"])


def main() -> int:
    """Runs it; returns the exit code."""
    with fake_zuora(port=0, client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as fake:
        try:
            speak(fake)
        except Wrong as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
    sys.stdout.write("Zuora's own package gets along with the fake.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
