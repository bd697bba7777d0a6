"""The support desk on the running stack: every change, with the deployed roles (R60-R66)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devstack.package import ROOT
from devstack.portal import Person, Portal
from devstack.stack import Stack
from tests.e2e.http_client import TICKET, Company, company, eventually, invite, send
from tests.e2e.roles import resources_of

PROOF = {"method": "prior_contract", "contract_url": "https://files.example/contract-1"}


class Sue:
    """Somebody of support with a ticket."""

    def __init__(self, stack: Stack, portal: Portal) -> None:
        self._stack = stack
        self._who: Person = portal.sign_in("Sue Support", "sue@support.example", groups=["billing-support"])

    def get(self, path: str) -> Any:
        """Reads; it must succeed."""
        return self.do("GET", path)

    def do(self, method: str, path: str, **body: Any) -> Any:
        """One request that must succeed."""
        sent = {"ticket_url": TICKET, **body} if method != "GET" else None
        reply = send(self._stack, method, f"/v1/support{path}", who=self._who, body=sent)
        assert reply.status < 300, f"{method} {path}: {reply.status} {reply.body!r}"
        return reply.json if reply.body else None


def on(acme: Company) -> str:
    return f"/billing-accounts/{acme.account_id}"


def test_every_change_of_the_desk_works_with_the_deployed_rights(stack: Stack, portal: Portal) -> None:
    """R60-R64: each kind of change once; the search follows; at the end the person is erased."""
    sue, acme = Sue(stack, portal), company(portal)
    email = f"nina@{acme.domain}"
    sue.do("PATCH", on(acme), plan="enterprise")
    nina = sue.do("POST", "/customers", email=email, first_name="Nina", last_name="New")["id"]
    sue.do("POST", f"{on(acme)}/managers", customer_id=nina, verification=PROOF)
    sue.do("PATCH", f"{on(acme)}/managers/{nina}", role="viewer")
    moved = f"nina.new@{acme.domain}"
    sue.do("PATCH", f"/customers/{nina}", email=moved)
    eventually(lambda: [it["id"] for it in sue.get(f"/customers?email={moved}")["data"]] == [nina], "Nina is found")
    link = sue.do("POST", f"/customers/{nina}/sign-in-link")["url"]
    credential = stack.aws.client("secretsmanager").get_secret_value(SecretId=stack.outputs["PortalCredentialSecret"])
    headers = {"Authorization": f"Bearer {json.loads(credential['SecretString'])['key']}"}
    body = {"token": link.partition("#")[2]}
    redeemed = send(stack, "POST", "/v1/sign-in-links/redeem", body=body, headers=headers)
    assert redeemed.status == 200, redeemed.body
    assert redeemed.json["customer_id"] == nina
    assert send(stack, "POST", "/v1/sign-in-links/redeem", body=body, headers=headers).code == "sign_in_link_used"
    invitation = sue.do("POST", f"{on(acme)}/invitations", email=f"ivan@{acme.domain}", verification=PROOF)["id"]
    sue.do("POST", f"{on(acme)}/invitations/{invitation}/revoke")
    sue.do("PATCH", f"/customers/{nina}", login_activated=False)
    sue.do("PATCH", f"/customers/{nina}", login_activated=True, confirm_reactivation=True)
    sue.do("POST", f"/customers/{nina}/unlink")
    sue.do("POST", f"{on(acme)}/managers/{nina}/remove", reason="Asked for it")
    sue.do("POST", f"/customers/{nina}/erase", confirm_email=moved)
    eventually(lambda: sue.get(f"/customers?email={moved}")["data"] == [], "Nina is forgotten")
    types = {each["type"] for each in sue.get(f"/customers/{nina}/history")["data"]}
    assert {"customer_created", "membership_granted", "email_changed", "sign_in_link_used", "customer_erased"} <= types


def test_a_contact_follows_its_customer_and_accounts_are_found(stack: Stack, portal: Portal) -> None:
    """R52, R61."""
    sue, acme = Sue(stack, portal), company(portal)
    olga = sue.get(f"{on(acme)}/managers")["data"][0]["id"]
    edited = sue.do("PATCH", f"/customers/{olga}", first_name="Olivia")
    assert [change["roles"] for change in edited["contacts"]] == [["sold_to", "bill_to"]]
    account = sue.get(on(acme))
    assert account["contacts"]["sold_to"]["first_name"] == "Olivia"
    path = f"/billing-accounts?zuora_account_id={account['zuora_account_id']}"
    eventually(lambda: [it["id"] for it in sue.get(path)["data"]] == [acme.account_id], "the account is found")


def test_a_transfer_continues_when_it_is_accepted_and_stops_when_it_is_cancelled(stack: Stack, portal: Portal) -> None:
    """R66: by the queue, with the roles of its functions; and the schedule runs."""
    sue, acme = Sue(stack, portal), company(portal)
    olga = sue.get(f"{on(acme)}/managers")["data"][0]["id"]
    nora = portal.sign_in("Nora Next", f"nora@{acme.domain}")
    begun = sue.do("POST", f"{on(acme)}/transfer", **{"from": olga, "to": {"email": nora.email}, "verification": PROOF})
    path = f"{on(acme)}/transfers/{begun['id']}"
    eventually(lambda: sue.get(path)["state"] == "invited", "Nora is invited")
    inbox = send(stack, "GET", "/v1/me/invitations", who=nora).json["data"]
    invitation = inbox[0]["id"]
    assert send(stack, "POST", f"/v1/me/invitations/{invitation}/accept", who=nora).status == 201
    eventually(lambda: [each["state"] for each in sue.get(path)["steps"]][:2] == ["done", "done"], "Nora is chosen")
    assert portal.run_schedule("NudgeTransfersName", datetime.now(UTC)) is None
    if sue.get(path)["cancellable"]:
        assert sue.do("POST", f"{path}/cancel")["state"] == "cancelled"


def test_the_rebuild_command_restores_missing_search_entries(stack: Stack, portal: Portal) -> None:
    """R61: as an operator runs it, given only the name of a function; repeating it makes no difference."""
    sue, acme = Sue(stack, portal), company(portal)

    def found() -> list[str]:
        return [each["id"] for each in sue.get(f"/customers?email={acme.owner.email}")["data"]]

    eventually(lambda: len(found()) == 1, "the owner is found")
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources_of(stack)}
    dynamodb = stack.aws.client("dynamodb")
    for page in dynamodb.get_paginator("scan").paginate(TableName=names["Search"]):
        for item in page["Items"]:
            dynamodb.delete_item(TableName=names["Search"], Key={name: item[name] for name in ("place", "order")})
    assert found() == []
    for again in (False, True):
        done = _rebuilt(stack, names["APIHandler"])
        assert done.returncode == 0, done.stderr
        filed = [int(each) for each in re.findall(r"things, (\d+) of them filed again", done.stdout)]
        assert (sum(filed) > 0) is not again, done.stdout
    assert len(found()) == 1


def test_the_command_updates_accounts_of_earlier_versions_on_the_stack(stack: Stack, portal: Portal) -> None:
    """R31, I2: as an operator runs it: in parts, while people come and go, and twice."""
    sue, acme, beta = Sue(stack, portal), company(portal), company(portal)
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources_of(stack)}
    carl, ivan, bea = _joined(portal, acme, "carl"), invite(portal, acme, "ivan"), _joined(portal, beta, "bea")
    _from_before(stack, names, [acme, beta], login_off=carl)
    assert _acting(stack, names, acme) == 2

    first = _counted(_started(stack, "devstack.count_logins", "--function", names["APIHandler"], "--at-most", "1"))
    assert first.after, "there are two accounts at least"
    rest = _started(stack, "devstack.count_logins", "--function", names["APIHandler"], "--after", first.after)
    accepted = send(stack, "POST", f"/v1/me/invitations/{ivan[1]}/accept", who=ivan[0])
    sue.do("PATCH", f"/customers/{bea}", login_activated=False)
    rest_of_it = _counted(rest)

    assert (first.accounts, rest_of_it.after, first.set_right + rest_of_it.set_right) == (1, None, 1)
    assert accepted.status == 201, accepted.body
    assert (_acting(stack, names, acme), _acting(stack, names, beta)) == (2, 1)
    again = _counted(_started(stack, "devstack.count_logins", "--function", names["APIHandler"]))
    assert (again.set_right, again.after) == (0, None)
    assert again.accounts == first.accounts + rest_of_it.accounts
    assert send(stack, "POST", f"{acme.path}/leave", who=ivan[0]).status == 204
    assert send(stack, "POST", f"{acme.path}/leave", who=acme.owner).code == "last_manager"


@dataclass(frozen=True, slots=True)
class _Counted:
    """The last line of a run of the command."""

    accounts: int
    set_right: int
    after: str | None


def _counted(running: "subprocess.Popen[str]") -> _Counted:
    """Waits for the end of a run of ``count_logins``."""
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    line = out.splitlines()[-1]
    said = re.fullmatch(r"(\d+) accounts, (\d+) memberships set right; (?:go on with --after (\S+)|that was .*)", line)
    assert said, line
    return _Counted(int(said[1]), int(said[2]), said[3])


def _joined(portal: Portal, of: Company, name: str) -> str:
    """A second manager; their id."""
    who, invitation_id = invite(portal, of, name)
    status, _ = portal.call("POST", f"/v1/me/invitations/{invitation_id}/accept", who, None)
    assert status == 201
    return str(portal.call("GET", "/v1/me", who, None)[1]["id"])


def _from_before(stack: Stack, names: Mapping[str, str], them: Sequence[Company], *, login_off: str) -> None:
    """Makes the accounts, and a login that was switched off, as an earlier version wrote them."""
    dynamodb = stack.aws.client("dynamodb")
    off = {"login_activated": {"Action": "PUT", "Value": {"BOOL": False}}}
    dynamodb.update_item(TableName=names["Customers"], Key={"key": {"S": login_off}}, AttributeUpdates=off)
    for each in them:
        forgotten = {"logins_counted": {"Action": "DELETE"}}
        dynamodb.update_item(
            TableName=names["Accounts"], Key={"key": {"S": each.account_id}}, AttributeUpdates=forgotten
        )


def _acting(stack: Stack, names: Mapping[str, str], of: Company) -> int:
    """How many people can act, by the account's counter."""
    found = stack.aws.client("dynamodb").get_item(
        TableName=names["Accounts"], Key={"key": {"S": of.account_id}}, ConsistentRead=True
    )
    return int(found["Item"]["managing_count"]["N"])


def _rebuilt(stack: Stack, function: str) -> subprocess.CompletedProcess[str]:
    running = _started(stack, "devstack.rebuild_search", "--function", function)
    out, err = running.communicate(timeout=120)
    return subprocess.CompletedProcess(running.args, running.returncode, out, err)


def _started(stack: Stack, module: str, *arguments: str) -> "subprocess.Popen[str]":
    """One of our commands, as an operator starts it."""
    own = {"AWS_ENDPOINT_URL": stack.aws.endpoint_url, "AWS_DEFAULT_REGION": stack.described["region"]}
    own |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return subprocess.Popen(  # noqa: S603 -- our own command, with our own arguments
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
