"""An invitation by support is only as good as its proof, and no way in for the agents (R62, R67)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.operations.invitations import expire_invitation
from tests.desk.conftest import CONTRACT, Desk
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.world import TICKET, Person

WEAK = {"method": "license_text", "license_text": "https://images.example/license.png"}


def _invite(desk: Desk, email: str, **more: Any) -> Response:
    return desk.ask("POST", f"{desk.path}/invitations", {"email": email, "verification": CONTRACT, **more})


def test_support_invites_only_on_a_proof_and_by_mail(desk: Desk) -> None:
    """R67, R62: missing or weak proof is refused, and sufficient proof is recorded with the agent who checked it."""
    path = f"{desk.path}/invitations"
    for body, code in (
        ({"email": "carl@acme.example"}, "validation_failed"),
        ({"kind": "link"}, "validation_failed"),
        ({"kind": "link", "verification": CONTRACT}, "validation_failed"),
        ({"email": "carl@acme.example", "verification": WEAK}, "verification_insufficient"),
    ):
        refused = desk.ask("POST", path, body)
        assert (refused.status, refused.code) == (422, code), body
    assert _invite(desk, "carl@acme.example").status == 201
    data = desk.history("invitation_created")[0]["data"]
    assert (data["method"], data["contract_url"]) == ("prior_contract", CONTRACT["contract_url"])
    assert data["checked_by"] == "admin:sue@support.example"


@pytest.mark.parametrize("email", ["sue@support.example", "SUE@support.example", "sue+x@support.example"])
def test_support_neither_invites_nor_resends_to_the_agents_own_address(desk: Desk, email: str) -> None:
    """R67: whoever sent the invitation first, and whatever the proof."""
    assert (refused := _invite(desk, email)).code == "own_address", refused.text
    for made in (
        desk.world.invite(desk.olga, desk.account, "carl@acme.example"),
        _invite(desk, "dora@acme.example").json,
    ):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
            refused = _resend(desk, made["id"], email=email, verification=CONTRACT)
        assert (refused.status, refused.code) == (403, "own_address")


def test_support_does_not_renew_what_a_manager_sent_to_the_agent(desk: Desk) -> None:
    """R67: an old invitation to the agent's own address is renewed by a manager or a colleague."""
    made = desk.world.invite(desk.olga, desk.account, "sue@support.example")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        assert _resend(desk, made["id"]).code == "own_address"


def _resend(desk: Desk, invitation_id: str, **body: Any) -> Response:
    sue = desk.world.support()
    path = f"{desk.path}/invitations/{invitation_id}/resend"
    return desk.world.call("POST", path, sue, {"ticket_url": TICKET, **body})


def test_another_mail_domain_is_another_invitation_and_needs_a_proof(desk: Desk) -> None:
    """R67, R24: a typo within the company's domain is a correction; at a public mail service it never is."""
    made = desk.world.invite(desk.olga, desk.account, "calr@gmail.com")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        for email in ("carl@gmail.com", "carl@elsewhere.example"):
            refused = _resend(desk, made["id"], email=email)
            assert (refused.status, refused.json["errors"][0]["field"]) == (422, "verification")
        assert _resend(desk, made["id"], email="carl@acme.example", verification=WEAK).status == 422
        assert _resend(desk, made["id"], email="calr@acme.example", verification=CONTRACT).status == 200
    assert desk.history("invitation_resent")[0]["data"]["method"] == "prior_contract"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=4)):
        assert _resend(desk, made["id"], email="carl@acme.example").status == 200


def _people_of_support(desk: Desk, email: str) -> list[Person]:
    person = desk.world.person
    return [
        person(email, groups=["billing-support"]),
        person(email, groups=["x", "billing-support-readonly"]),
        person(email, sub="sue"),  # the agent's sign-in, with another address and without the group
    ]


@pytest.mark.parametrize("way", ["made", "taken over", "corrected"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_agent_accepts_an_invitation_made_by_support(desk: Desk, way: str, number: int) -> None:
    """R67: by its link and from the inbox; it stays pending, and shows why."""
    world, email = desk.world, "carl@acme.example"
    sue = world.person("sue@support.example", sub="sue", groups=["billing-support"])
    made = _by_support(desk, sue, way, email)
    later = datetime.now(UTC) + (timedelta(days=2) if way == "taken over" else timedelta(minutes=2))
    with time_machine.travel(later):
        token, who = world.link_token(email), _people_of_support(desk, email)[number]
        for answer in (
            world.call("POST", "/v1/invitations/accept", who, {"token": token}),
            world.call("POST", f"/v1/me/invitations/{made}/accept", who, {}),
        ):
            assert (answer.status, answer.code) == (403, "made_by_support")
        rob = world.support("rob@support.example", group="billing-support-readonly")
        seen = world.ok("GET", f"{desk.path}/invitations/{made}", rob)
        assert (seen["status"], seen["last_accept_error"]["code"]) == ("pending", "made_by_support")
        carl = world.person(email, sub="carl")
        assert world.call("POST", "/v1/invitations/accept", carl, {"token": token}).status == 201


def _by_support(desk: Desk, sue: Person, way: str, email: str) -> str:
    world, path = desk.world, f"{desk.path}/invitations"
    if way == "made":
        body = {"email": email, "verification": CONTRACT, "ticket_url": TICKET}
        return str(world.ok("POST", path, sue, body)["id"])
    first = "calr@acme.example" if way == "corrected" else email
    made = str(world.invite(desk.olga, desk.account, first, expires_in_days=1)["id"])
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2) if way == "corrected" else
                             datetime.now(UTC) + timedelta(days=1, minutes=2)):  # fmt: skip
        again = world.person("sue@support.example", sub="sue", groups=["billing-support"])
        world.ok("POST", f"{path}/{made}/resend", again, {"email": email, "ticket_url": TICKET})
    return made


def test_a_managers_invitation_to_an_agent_is_the_managers_decision(desk: Desk) -> None:
    """R67, R60: a manager invites an agent, who from then on cannot act on the account at the desk."""
    assert desk.world.join(desk.olga, desk.account, desk.sue).startswith("cus_")
    assert _invite(desk, "carl@acme.example").code == "forbidden"


def _colleague(desk: Desk) -> tuple[Person, str]:
    mark = desk.world.person("mark@acme.example", expires_in=90 * 86400)
    return mark, desk.world.add(desk.olga, desk.account, mark)


def _olga_later(desk: Desk) -> Person:
    return desk.world.person("olga@acme.example", expires_in=90 * 86400)


LOSES: dict[str, Callable[[Desk, str], Any]] = {
    "removed": lambda desk, mark: desk.world.ok(
        "DELETE", f"/v1/billing-accounts/{desk.account}/managers/{mark}", _olga_later(desk)
    ),
    "demoted": lambda desk, mark: desk.world.ok(
        "PATCH", f"/v1/billing-accounts/{desk.account}/managers/{mark}", _olga_later(desk), {"role": "viewer"}
    ),
    "login off": lambda desk, mark: desk.world.ok(
        "PATCH", f"/v1/support/customers/{mark}", desk.world.support(), {"login_activated": False, "ticket_url": TICKET}
    ),
    "new policy": lambda desk, _mark: desk.world.ok(
        "PATCH", desk.path, desk.world.support(), {"managed_by": "admins", "ticket_url": TICKET}
    ),
}  # fmt: skip


@pytest.mark.parametrize("when", ["before", "in a race"])
@pytest.mark.parametrize("how", LOSES)
def test_an_expired_invitation_whose_sender_lost_the_right_becomes_supports_own(
    desk: Desk, how: str, when: str
) -> None:
    """R67, R17: its sender may no longer invite to its role, so it needs a proof like any invitation by support."""
    world = desk.world
    mark, mark_id = _colleague(desk)
    made = world.invite(mark, desk.account, "carl@acme.example", expires_in_days=1)["id"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        expire_invitation.all_overdue(desk.account, now=datetime.now(UTC))
        if when == "before":
            LOSES[how](desk, mark_id)
            first = _resend(desk, made)
        else:
            with just_before(COMMIT, lambda: LOSES[how](desk, mark_id)):
                first = _resend(desk, made)
        for refused in (first, _resend(desk, made, email="karl@acme.example")):
            assert (refused.status, refused.json["errors"][0]["field"]) == (422, "verification")
        assert _resend(desk, made, verification=CONTRACT).status == 200
    assert desk.history("invitation_resent")[0]["data"]["method"] == "prior_contract"
