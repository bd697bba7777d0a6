"""I2 and I3 as the desk's tests ask them: counters equal what they count, and exactly the right addresses are held."""

from collections import Counter
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from tests.world import World

_read = TypeDeserializer().deserialize


def plain(world: World, table: str) -> list[dict[str, Any]]:
    """The items of a table as plain values."""
    return [{name: _read(value) for name, value in item.items()} for item in world.items(table)]


def wrong(world: World) -> list[str]:
    """What does not add up; nothing when all is well."""
    members = [it for it in plain(world, "Memberships") if it["owner"].startswith("acc_")]
    invitations = [it for it in plain(world, "Invitations") if it["invitation_id"].startswith("inv_")]
    customers = {it["key"]: it for it in plain(world, "Customers") if it["key"].startswith("cus_")}
    found = []
    for account in (it for it in plain(world, "Accounts") if it["key"].startswith("acc_")):
        own = [it for it in members if it["owner"] == account["key"]]
        roles = [it["role"] for it in own]
        acting = [it["role"] for it in own if customers[it["member"]]["login_activated"]]
        pending = sum(it["status"] == "pending" for it in invitations if it["account_id"] == account["key"])
        counted = {
            "manager_count": len(roles),
            "managing_count": sum(role != "viewer" for role in acting),
            "admin_count": acting.count("admin"),
            "pending_count": pending,
            "seats_used": len(roles) + pending,
        }
        found += [
            f"{name} is {account[name]}, not {right}" for name, right in counted.items() if account[name] != right
        ]
    managed = Counter(it["member"] for it in members)
    found += [f"{key} counts wrongly" for key, it in customers.items() if it["membership_count"] != managed[key]]
    return found + _holds(world, members, invitations, customers) + _reserved(world, customers)


def _holds(world: World, members: list[Any], invitations: list[Any], customers: dict[str, Any]) -> list[str]:
    wanted = {(it["owner"], customers[it["member"]]["address"]): it["member"] for it in members}
    wanted |= {(it["account_id"], it["address"]): it["invitation_id"]
               for it in invitations if it["status"] == "pending" and "address" in it}  # fmt: skip
    held = {
        (it["account_id"], it["invitation_id"].removeprefix("address#")): it.get("held_by_customer")
        or it.get("held_by_invitation")
        for it in plain(world, "Invitations")
        if it["invitation_id"].startswith("address#")
    }
    return [] if held == wanted else [f"held {held}, should be {wanted}"]


def _reserved(world: World, customers: dict[str, Any]) -> list[str]:
    items = plain(world, "Customers")
    addresses = {
        it["key"].removeprefix("address#"): it["customer_id"] for it in items if it["key"].startswith("address#")
    }
    right = {it["address"]: key for key, it in customers.items() if "erased_at" not in it}
    return [] if addresses == right else [f"reserved {addresses}, should be {right}"]
