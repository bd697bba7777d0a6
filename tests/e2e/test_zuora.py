"""Zuora on the running stack: callouts, the nightly round, and what the functions around Zuora may not do."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from devstack.portal import Portal
from devstack.stack import Stack
from tests.e2e import roles
from tests.e2e.http_client import Company, company, eventually, send
from tests.e2e.roles import Call, Role, resources_of
from tests.events import schedule_event

ZUORA, GUARD, ROUND = FUNCTIONS = ("Zuora", "ZuoraCircuitBreaker", "ReconcileZuora")


def names(stack: Stack) -> dict[str, str]:
    """The physical names of the stack's resources."""
    found = resources_of(stack)
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def round_of(stack: Stack) -> Any:
    """One run of the nightly round, of a new day: the schedule may have run today already."""
    event, named = json.dumps(schedule_event()).encode(), names(stack)
    stack.aws.client("dynamodb").delete_item(TableName=named["Syncs"], Key={"sync_key": {"S": "reconciliation"}})
    answer = stack.aws.client("lambda").invoke(FunctionName=named["ReconcileZuora"], Payload=event)
    done = json.loads(answer["Payload"].read())
    assert "errorType" not in done, done
    return done


def sold_to(portal: Portal, home: Company) -> Any:
    return send(portal.stack, "GET", f"/v1/billing-accounts/{home.account_id}/contacts", who=home.owner).json["sold_to"]


def call_out(stack: Stack, body: dict[str, str], key: str) -> int:
    """A callout as Zuora sends it; the status of the answer."""
    raw = json.dumps(body).encode()
    mac = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {"X-Zuora-Signature": mac, "Zuora-Notification-Id": "n-1", "Content-Type": "application/json"}
    return send(stack, "POST", "/v1/callouts/zuora", raw=raw, headers=headers).status


def test_the_nightly_round_lists_drift_and_a_callout_corrects_it(portal: Portal) -> None:
    """R54: through the deployed functions with their own rights; the round repairs nothing."""
    stack, home = portal.stack, company(portal)
    contact = sold_to(portal, home)["id"]
    portal.zuora("PUT", f"/v1/contacts/{contact}", {"city": "Graz"})
    assert round_of(stack)["finished"] == 1
    sue = portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])
    listed = send(stack, "GET", "/v1/support/drift?limit=100", who=sue).json["data"]
    assert [each["fields"] for each in listed if each["contact_id"] == contact] == [["city"]]
    assert sold_to(portal, home)["city"] == ""
    secret = stack.aws.client("secretsmanager").get_secret_value(SecretId=stack.outputs["CalloutSecret"])
    key = json.loads(secret["SecretString"])["current"]
    assert call_out(stack, {"contact_id": contact}, "another key") == 401
    assert call_out(stack, {"contact_id": contact}, key) == 200
    eventually(lambda: sold_to(portal, home)["city"] == "Graz", "our copy follows")
    history = send(stack, "GET", f"/v1/support/contacts/{contact}/history", who=sue).json["data"]
    assert [each["type"] for each in history] == ["contact_changed_in_zuora"]


@pytest.fixture(scope="module")
def acting(stack: Stack) -> dict[str, Role]:
    """The roles of the functions around Zuora."""
    return {function: Role(stack, function) for function in FUNCTIONS}


COMMON: dict[str, Call] = {
    "send mail": roles.send_mail,
    "read TokenKeys": roles.secret("TokenKeys"),
    "read PseudonymKey": roles.secret("PseudonymKey"),
    "read CalloutKey": roles.secret("CalloutKey"),
    "send to EmailQueue": roles.send_message("EmailQueue"),
    "update History": roles.update("History"),
    **{
        f"{kind} {table}": call
        for table in ("Memberships", "Customers", "Invitations", "Deliveries", "Limits")
        for kind, call in {
            "put": roles.put(table),
            "update": roles.update(table),
            "delete": roles.delete(table),
        }.items()
    },
}
ALLOWED: dict[str, dict[str, Call]] = {
    ZUORA: {
        "read ZuoraCredentials": roles.secret("ZuoraCredentials"),
        "Update Contacts in a transaction": roles.transact("Update", "Contacts"),
        "Update Accounts in a transaction": roles.transact("Update", "Accounts"),
        "Put History in a transaction": roles.transact("Put", "History"),
    },
    GUARD: {"read ZuoraCredentials": roles.secret("ZuoraCredentials"), "update Syncs": roles.update("Syncs")},
    ROUND: {
        "read ZuoraCredentials": roles.secret("ZuoraCredentials"),
        "Put Syncs in a transaction": roles.transact("Put", "Syncs"),
    },
}
REFUSED: dict[str, dict[str, Call]] = {
    ZUORA: COMMON | {"delete Accounts": roles.delete("Accounts")},
    GUARD: COMMON | {"put Contacts": roles.put("Contacts"), "update Accounts": roles.update("Accounts")},
    ROUND: COMMON | {"update Accounts": roles.update("Accounts"), "delete Contacts": roles.delete("Contacts")},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_around_zuora_may_do_its_work(acting: dict[str, Role], function: str) -> None:
    """The control: the refusals below are not those of somebody who may do nothing at all."""
    assert {name for name, call in ALLOWED[function].items() if not acting[function].may(call)} == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_around_zuora_may_do_nothing_else(acting: dict[str, Role], function: str) -> None:
    """R50: no membership can be changed by them, and no mail sent."""
    assert {name for name, call in REFUSED[function].items() if acting[function].may(call)} == set()
