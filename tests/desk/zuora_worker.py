"""The contact sync of a Sold To assignment, as far as the desk can see it."""

from typing import Any

import boto3

from tests.table_dump import plain_items
from tests.world import World


def assignment_of(world: World, account_id: str) -> dict[str, Any] | None:
    """The open assignment for the Sold To of an account."""
    key = f"assignment#{account_id}#sold_to"
    return next((it for it in plain_items(world, "Contacts") if it["contact_id"] == key), None)


def fulfil(world: World, account_id: str) -> str:
    """Zuora has the chosen Sold To: a new contact, which the account uses; returns its id."""
    assignment = assignment_of(world, account_id)
    assert assignment is not None
    tables = boto3.resource("dynamodb")
    (account,) = (it for it in plain_items(world, "Accounts") if it["key"] == account_id)
    (before,) = (it for it in plain_items(world, "Contacts") if it["contact_id"] == account["sold_to_contact_id"])
    contact_id = f"contact-of-{assignment['customer_id']}"
    named = {name: assignment[name] for name in ("first_name", "last_name", "work_email")}
    tables.Table("Contacts").put_item(Item={**before, **named, "contact_id": contact_id})
    tables.Table("Contacts").delete_item(Key={"contact_id": assignment["contact_id"]})
    world.set_account(
        account_id, sold_to_contact_id=contact_id, sold_to_address=assignment["work_email"], sold_to_next=None
    )
    return contact_id


def refuse(world: World, account_id: str) -> None:
    """Zuora refuses the assignment permanently."""
    world.set_account(account_id, sold_to_next=None)
    boto3.resource("dynamodb").Table("Contacts").update_item(
        Key={"contact_id": f"assignment#{account_id}#sold_to"},
        UpdateExpression="SET error_code = :code, error_reason = :reason",
        ExpressionAttributeValues={":code": "53100020", ":reason": "The account is cancelled."},
    )
