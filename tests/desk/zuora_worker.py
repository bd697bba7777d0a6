"""What the contact sync does with a wish for the Sold To, as far as the desk can see it."""

from typing import Any

import boto3

from tests.desk.ledger import plain
from tests.world import World


def wish_of(world: World, account_id: str) -> dict[str, Any] | None:
    """The open wish for the Sold To of an account."""
    key = f"wish#{account_id}#sold_to"
    return next((it for it in plain(world, "Contacts") if it["contact_id"] == key), None)


def fulfil(world: World, account_id: str) -> str:
    """Zuora has the wished Sold To: a new contact, which the account points to; returns its id."""
    wish = wish_of(world, account_id)
    assert wish is not None
    tables = boto3.resource("dynamodb")
    (account,) = (it for it in plain(world, "Accounts") if it["key"] == account_id)
    (before,) = (it for it in plain(world, "Contacts") if it["contact_id"] == account["sold_to_contact_id"])
    contact_id = f"contact-of-{wish['customer_id']}"
    named = {name: wish[name] for name in ("first_name", "last_name", "work_email")}
    tables.Table("Contacts").put_item(Item={**before, **named, "contact_id": contact_id})
    tables.Table("Contacts").delete_item(Key={"contact_id": wish["contact_id"]})
    world.set_account(account_id, sold_to_contact_id=contact_id, sold_to_address=wish["work_email"], sold_to_next=None)
    return contact_id


def refuse(world: World, account_id: str) -> None:
    """Zuora refuses the wish for good."""
    world.set_account(account_id, sold_to_next=None)
    boto3.resource("dynamodb").Table("Contacts").update_item(
        Key={"contact_id": f"wish#{account_id}#sold_to"},
        UpdateExpression="SET error_code = :code, error_reason = :reason",
        ExpressionAttributeValues={":code": "53100020", ":reason": "The account is cancelled."},
    )
