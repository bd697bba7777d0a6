"""Customers at the desk: create, edit, unlink, sign-in link, history (R2, R3, R52, R64)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine

from tests.desk.conftest import Desk
from tests.environment import PORTAL_CREDENTIAL
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.table_dump import plain_items
from tests.world import TICKET, World

PERSON = {"email": "carl@acme.example", "first_name": "Carl", "last_name": "Colleague"}
CUSTOMERS = "/v1/support/customers"


def contact(desk: Desk, part: str = "sold_to") -> Any:
    return desk.ok("GET", desk.path)["contacts"][part]


def redeem(world: World, token: str, credential: str | None = PORTAL_CREDENTIAL) -> Response:
    headers = {"Authorization": f"Bearer {credential}"} if credential is not None else {}
    return world.call("POST", "/v1/sign-in-links/redeem", None, {"token": token}, headers)


def test_a_record_is_created_and_bound_at_the_first_sign_in(desk: Desk) -> None:
    """R1, R2, R26, R64."""
    made = desk.ask("POST", CUSTOMERS, PERSON, Idempotency_Key="k")
    assert (made.status, made.json["has_signed_in"], made.json["membership_count"]) == (201, False, 0)
    again = desk.ask("POST", CUSTOMERS, PERSON, Idempotency_Key="k")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (made.json, "true")
    carl = desk.world.person("carl@acme.example")
    assert desk.world.id_of(carl) == made.json["id"]
    assert desk.ok("GET", f"{CUSTOMERS}/{made.json['id']}")["has_signed_in"] is True
    types = [event["type"] for event in desk.ok("GET", f"{CUSTOMERS}/{made.json['id']}/history")["data"]]
    assert types == ["customer_bound", "customer_created"]


def test_a_taken_address_names_its_customer_and_what_to_do(desk: Desk) -> None:
    """R64: for a new record and for an edit; spelling makes no difference."""
    carl = desk.ok("POST", CUSTOMERS, PERSON)
    for answer in (
        desk.ask("POST", CUSTOMERS, {**PERSON, "email": " CARL@acme.Example "}),
        desk.ask("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {"email": "Carl@acme.example"}),
    ):
        assert (answer.status, answer.code) == (409, "email_taken")
        assert (answer.json["customer_id"], answer.json["use"]) == (carl["id"], "transfer")
        assert "transfer it to them" in answer.json["detail"]


def test_contacts_with_the_previous_address_follow(desk: Desk) -> None:
    """R52, R32, I5: preview first, then one transaction; both addresses are mailed, each with what it may know."""
    world = desk.world
    change = {"first_name": "Olivia", "email": "olivia@acme.example"}
    before = world.everything()
    seen = desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {**change, "dry_run": True})
    assert world.everything() == before
    (follows,) = seen["contacts"]
    assert (seen["dry_run"], follows["roles"], follows["account_id"]) == (True, ["sold_to", "bill_to"], desk.account)
    assert {each["field"]: (each["before"], each["after"]) for each in follows["changes"]} == {
        "first_name": ("Olga", "Olivia"),
        "work_email": ("olga@acme.example", "olivia@acme.example"),
    }
    edited = desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", change)
    assert (edited["email"], edited["first_name"], edited["contacts"]) == ("olivia@acme.example", "Olivia", [follows])
    now = contact(desk)
    assert (now["work_email"], now["first_name"], now["sync"]["state"]) == ("olivia@acme.example", "Olivia", "pending")
    (manager,) = desk.ok("GET", f"{desk.path}/managers")["data"]
    assert (manager["is_sold_to"], manager["is_bill_to"]) == (True, True)
    assert desk.ask("POST", CUSTOMERS, {**PERSON, "email": "olga@acme.example"}).status == 201
    world.pipeline.drain()
    (farewell,), (welcome,) = world.mails_to("olga@acme.example"), world.mails_to("olivia@acme.example")
    assert "o***@acme.example" in farewell.text
    assert "olivia@" not in farewell.text
    assert "olivia@acme.example" in welcome.text  # which is the reader's own
    assert "@" not in json.dumps([it["data"] for it in plain_items(world, "History") if it["type"] == "contact_edited"])


def test_two_records_with_the_same_address_follow_together(desk: Desk) -> None:
    """R52: Sold To and Bill To may be two contacts with one address; other contacts of the account stay."""
    world = desk.world
    account = world.account(world.person("otto@beta.example"), bill_to="otto@beta.example")
    (otto,) = desk.ok("GET", f"/v1/support/billing-accounts/{account}/managers")["data"]
    edited = desk.ok("PATCH", f"{CUSTOMERS}/{otto['id']}", {"email": "otto@gamma.example"})
    assert [each["roles"] for each in edited["contacts"]] == [["sold_to"], ["bill_to"]]
    contacts = desk.ok("GET", f"/v1/support/billing-accounts/{account}")["contacts"]
    assert {contacts[part]["work_email"] for part in contacts} == {"otto@gamma.example"}


def test_a_manager_who_is_no_contact_changes_nothing_in_zuora_unless_requested(desk: Desk) -> None:
    """R50, R52: the trap of the former desk; the Sold To is replaced only when the caller says so."""
    world = desk.world
    carl_id = world.join(desk.olga, desk.account, world.person("carl@acme.example"))
    seen = desk.ok("PATCH", f"{CUSTOMERS}/{carl_id}", {"last_name": "Carlson"})
    assert (seen["contacts"], seen["no_contact"], seen["sold_to_replaced"]) == ([], [desk.account], [])
    assert contact(desk)["work_email"] == "olga@acme.example"
    asked = {"email": "carl@new.example", "replace_sold_to": True}
    assert desk.ok("PATCH", f"{CUSTOMERS}/{carl_id}", {**asked, "dry_run": True})["sold_to_replaced"] == [desk.account]
    assert desk.ok("PATCH", f"{CUSTOMERS}/{carl_id}", asked)["sold_to_replaced"] == [desk.account]
    assignment = next(it for it in plain_items(world, "Contacts") if it["contact_id"].startswith("assignment#"))
    assert (assignment["part"], assignment["customer_id"], assignment["work_email"]) == (
        "sold_to",
        carl_id,
        "carl@new.example",
    )
    version = assignment["version"]
    managers = {each["id"]: each for each in desk.ok("GET", f"{desk.path}/managers")["data"]}
    assert (managers[carl_id]["is_sold_to"], managers[desk.olga_id]["is_sold_to"]) == (False, True), "not in Zuora yet"
    (event,) = desk.history("sold_to_changed")
    assert (event["data"]["customer_id"], event["data"]["because"]) == (carl_id, "customer_edited")
    moved = desk.ok("PATCH", f"{CUSTOMERS}/{carl_id}", {"email": "carl@newest.example"})
    assert moved["no_contact"] == []
    assignment = next(it for it in plain_items(world, "Contacts") if it["contact_id"].startswith("assignment#"))
    assert (assignment["work_email"], assignment["version"]) == ("carl@newest.example", version + 1)


def test_an_invitation_to_the_new_address_ends(desk: Desk) -> None:
    """I3: a manager has no pending invitation."""
    invited = desk.world.invite(desk.olga, desk.account, "olivia@acme.example")
    desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", {"email": "olivia@acme.example"})
    assert desk.ok("GET", f"{desk.path}/invitations/{invited['id']}")["status"] == "revoked"


def test_an_edit_without_changes_is_none(desk: Desk) -> None:
    """I5: no event, no version."""
    first = desk.ok("GET", f"{CUSTOMERS}/{desk.olga_id}")
    same = {"first_name": first["first_name"], "email": "OLGA@acme.example", "login_activated": True}
    assert desk.ok("PATCH", f"{CUSTOMERS}/{desk.olga_id}", same)["version"] == first["version"]
    assert [e["type"] for e in desk.ok("GET", f"{CUSTOMERS}/{desk.olga_id}/history")["data"]] == [
        "customer_bound", "account_imported",
    ]  # fmt: skip
    for body in ({}, {"email": None}, {"dry_run": True}, {"login_activated": "yes"}, {"nothing": 1}):
        assert desk.ask("PATCH", f"{CUSTOMERS}/{desk.olga_id}", body).code == "validation_failed"


def test_a_racing_edit_of_a_customer_is_refused(desk: Desk) -> None:
    """The version of If-Match: 412 with the present one; an invalid version is refused."""
    path = f"{CUSTOMERS}/{desk.olga_id}"
    tag = desk.ask("GET", path).headers["ETag"]
    assert desk.ask("PATCH", path, {"last_name": "One"}, If_Match=tag).status == 200
    late = desk.ask("PATCH", path, {"last_name": "Two"}, If_Match=tag)
    assert (late.status, late.code, late.json["version"]) == (412, "version_conflict", 2)
    assert desk.ask("PATCH", path, {"last_name": "Two"}, If_Match="*").status == 200
    assert desk.ask("PATCH", path, {"last_name": "Two"}, If_Match="tomorrow").code == "validation_failed"


def test_a_login_goes_off_with_its_invitations_and_on_only_deliberately(desk: Desk) -> None:
    """R3, R22, R64: the refusal says who did it and when."""
    world = desk.world
    carl = world.person("carl@acme.example")
    carl_id = world.join(desk.olga, desk.account, carl)
    invited = world.invite(carl, desk.account, "thea@acme.example")
    off = desk.ok("PATCH", f"{CUSTOMERS}/{carl_id}", {"login_activated": False, "last_name": "Off"})
    assert (off["login_activated"], off["last_name"]) == (False, "Off")
    assert desk.ok("GET", f"{desk.path}/invitations/{invited['id']}")["status"] == "revoked"
    assert world.call("GET", "/v1/me", carl).code == "login_deactivated"
    refused = desk.ask("PATCH", f"{CUSTOMERS}/{carl_id}", {"login_activated": True, "last_name": "On"})
    assert (refused.status, refused.code) == (409, "deliberately_deactivated")
    assert refused.json["deactivated_by"] == "admin:sue@support.example"
    assert desk.ok("GET", f"{CUSTOMERS}/{carl_id}")["last_name"] == "Off"
    on = desk.ok("PATCH", f"{CUSTOMERS}/{carl_id}", {"login_activated": True, "confirm_reactivation": True})
    assert on["login_activated"] is True
    assert world.call("GET", "/v1/me", carl).status == 200


def test_after_unlinking_the_next_sign_in_with_the_address_gets_in(desk: Desk) -> None:
    """R2, R64: the old sign-in is unknown from then on."""
    world = desk.world
    other = world.person("olga@acme.example", sub="another-subject")
    assert world.call("GET", "/v1/me", other).code == "forbidden"
    assert desk.ask("POST", f"{CUSTOMERS}/{desk.olga_id}/unlink").status == 204
    assert desk.ask("POST", f"{CUSTOMERS}/{desk.olga_id}/unlink").status == 204
    assert world.id_of(other) == desk.olga_id
    assert world.call("GET", f"/v1/billing-accounts/{desk.account}", desk.olga).code == "forbidden"
    types = [event["type"] for event in desk.ok("GET", f"{CUSTOMERS}/{desk.olga_id}/history")["data"]]
    assert types[:2] == ["customer_bound", "customer_unlinked"]


def test_a_sign_in_link_works_once_and_says_who_it_is(desk: Desk) -> None:
    """R64, I6: derived, so no table, mail or log holds it; only the portal's back end can redeem it."""
    world = desk.world
    path = f"{CUSTOMERS}/{desk.olga_id}/sign-in-link"
    made = desk.ask("POST", path, Idempotency_Key="k")
    assert made.status == 201
    assert desk.ask("POST", path, Idempotency_Key="k").json == made.json
    page, _, token = made.json["url"].partition("#")
    assert page == "https://portal.example/sign-in"
    assert token not in json.dumps(world.everything())
    for credential in (None, "", "x" * 50, PORTAL_CREDENTIAL[:-1], desk.sue.token):
        refused = redeem(world, token, credential)
        assert (refused.status, refused.code) == (401, "unauthenticated")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    found = redeem(world, f" https://portal.example/sign-in#{token}\n")
    assert (found.status, found.json["customer_id"], found.json["email"]) == (200, desk.olga_id, "olga@acme.example")
    again = redeem(world, token)
    assert (again.status, again.code) == (410, "sign_in_link_used")
    history = desk.ok("GET", f"{CUSTOMERS}/{desk.olga_id}/history")["data"]
    assert [event["type"] for event in history][:2] == ["sign_in_link_used", "sign_in_link_created"]
    assert history[0]["actor"] == f"customer:{desk.olga_id}"


def test_the_same_request_twice_at_once_makes_one_sign_in_link(desk: Desk) -> None:
    """R26, R64: the second gets the first answer, also when there was no link before."""
    path = f"{CUSTOMERS}/{desk.olga_id}/sign-in-link"
    first: list[Response] = []
    with just_before(COMMIT, lambda: first.append(desk.ask("POST", path, Idempotency_Key="k"))):
        second = desk.ask("POST", path, Idempotency_Key="k")
    assert (first[0].status, second.status, second.json) == (201, 201, first[0].json)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert redeem(desk.world, second.json["url"].partition("#")[2]).status == 200


def test_a_sign_in_link_used_twice_at_once_signs_in_once(desk: Desk) -> None:
    """R64: the loser is told that the link was used."""
    token = desk.ok("POST", f"{CUSTOMERS}/{desk.olga_id}/sign-in-link")["url"].partition("#")[2]
    first: list[Response] = []
    with just_before(COMMIT, lambda: first.append(redeem(desk.world, token))):
        second = redeem(desk.world, token)
    assert (first[0].status, second.status, second.code) == (200, 410, "sign_in_link_used")
    history = desk.ok("GET", f"{CUSTOMERS}/{desk.olga_id}/history?type=sign_in_link_used")["data"]
    assert len(history) == 1


def test_a_sign_in_link_ends_with_a_newer_one_or_after_a_day(desk: Desk) -> None:
    """R64."""
    world = desk.world
    path = f"{CUSTOMERS}/{desk.olga_id}/sign-in-link"
    old, new = (desk.ok("POST", path)["url"].partition("#")[2] for _ in range(2))
    assert redeem(world, old).code == "sign_in_link_superseded"
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, seconds=1)):
        assert redeem(world, new).code == "sign_in_link_expired"
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=23, minutes=59)):
        assert redeem(world, new).status == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.replace(".", ""),
        lambda token: token.partition(".")[0],
        lambda _token: "x" * 900,
        lambda _token: "\u00e9",
    ],
)
def test_a_foreign_token_is_no_sign_in_link(desk: Desk, spoil: Any) -> None:
    """R64, S15: nor is an invitation's token."""
    world = desk.world
    token = desk.ok("POST", f"{CUSTOMERS}/{desk.olga_id}/sign-in-link")["url"].partition("#")[2]
    wrong = redeem(world, spoil(token))
    assert (wrong.status, wrong.code) == (404, "sign_in_link_not_found")
    world.invite(desk.olga, desk.account, "carl@acme.example")
    assert redeem(world, world.link_token("carl@acme.example")).code == "sign_in_link_not_found"
    assert world.call("POST", "/v1/invitations/preview", None, {"token": token}).code == "invitation_not_found"


def test_a_login_that_is_off_neither_gets_nor_uses_a_link(desk: Desk) -> None:
    """R3: refused on both sides, and the refusal does not use up the link."""
    world = desk.world
    path = f"{CUSTOMERS}/{desk.olga_id}"
    token = desk.ok("POST", f"{path}/sign-in-link")["url"].partition("#")[2]
    desk.ok("PATCH", path, {"login_activated": False, "allow_last": True, "reason": "Asked for by phone."})
    assert redeem(world, token).code == "login_deactivated"
    refused = desk.ask("POST", f"{path}/sign-in-link")
    assert (refused.code, "Look into their history" in refused.json["detail"]) == ("login_deactivated", True)
    desk.ok("PATCH", path, {"login_activated": True, "confirm_reactivation": True})
    assert redeem(world, token).status == 200


def test_the_portals_credential_can_be_rotated(desk: Desk) -> None:
    """Every value of the secret is valid, so that each side can change when it likes."""
    token = desk.ok("POST", f"{CUSTOMERS}/{desk.olga_id}/sign-in-link")["url"].partition("#")[2]
    two = {"key": PORTAL_CREDENTIAL, "next": "n" * 40, "short": "guess"}
    boto3.client("secretsmanager").put_secret_value(SecretId="portal-credential", SecretString=json.dumps(two))
    assert redeem(desk.world, token, "guess").status == 401
    assert redeem(desk.world, token, "n" * 40).status == 200


def test_every_event_has_the_ticket(desk: Desk) -> None:
    """R60."""
    path = f"{CUSTOMERS}/{desk.olga_id}"
    desk.ok("PATCH", path, {"last_name": "Ticket"})
    desk.ok("POST", f"{path}/sign-in-link")
    desk.ok("POST", f"{path}/unlink")
    events = desk.ok("GET", f"{path}/history")["data"]
    assert [event["data"]["ticket_url"] for event in events if event["actor"].startswith("admin:")] == [TICKET] * 4


LONG = "x" * 60 + "@" + "y" * 12 + ".example"
"""One character more than Zuora takes."""


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_address_that_zuora_would_refuse_is_refused_when_a_contact_follows(desk: Desk, *, dry_run: bool) -> None:
    """R32, R52: also in the preview; an existing contact, a choice in progress, and a contact to be created."""
    world = desk.world
    world.pipeline.zuora_waits = True
    ids = {name: world.add(desk.olga, desk.account, world.person(f"{name}@acme.example")) for name in ("carl", "dora")}
    path = f"/v1/billing-accounts/{desk.account}/contacts/bill-to"
    world.ok("PUT", path, desk.olga, {"manager_id": ids["carl"]})
    asked = {desk.olga_id: {}, ids["carl"]: {}, ids["dora"]: {"replace_sold_to": True}}
    for customer_id, more in asked.items():
        with world.unchanged():
            refused = desk.ask("PATCH", f"{CUSTOMERS}/{customer_id}", {"email": LONG, "dry_run": dry_run, **more})
        assert (refused.status, [each["field"] for each in refused.json["errors"]]) == (422, ["email"]), refused.text
    body = {"email": LONG, "dry_run": dry_run}
    assert desk.ask("PATCH", f"{CUSTOMERS}/{ids['dora']}", body).status == 200, "no contact follows"


def test_a_person_without_a_name_does_not_replace_the_sold_to(desk: Desk) -> None:
    """R32, R52: Zuora requires a name."""
    unnamed = desk.world.person("nemo@acme.example", given_name="", family_name="")
    nemo = desk.world.add(desk.olga, desk.account, unnamed)
    with desk.world.unchanged():
        refused = desk.ask("PATCH", f"{CUSTOMERS}/{nemo}", {"replace_sold_to": True})
    assert (refused.status, [each["field"] for each in refused.json["errors"]]) == (422, ["first_name"])


def test_a_login_that_is_switched_on_again_is_in_the_history(desk: Desk) -> None:
    """R3, R40: after the switching off, both with the ticket."""
    carl_id = desk.grant("carl@acme.example")["id"]
    for on in (False, True):
        desk.ok(
            "PATCH",
            f"/v1/support/customers/{carl_id}",
            {"login_activated": on, "confirm_reactivation": on, "reason": "For a test"},
        )
    events = desk.ok("GET", f"/v1/support/customers/{carl_id}/history")["data"]
    switched = [each["type"] for each in events if each["type"].startswith("login_")]
    assert switched == ["login_reactivated", "login_deactivated"]
