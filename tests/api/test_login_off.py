"""A login that is switched off, on every route and at every moment (R3)."""

from typing import Any

import pytest

from chalicelib.api.web.http import ROUTES, Route, SignIn
from tests.api.examples import example_of, name_of
from tests.api.role_matrix import RoleMatrix
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.world import TICKET, Person

FOR_ANYBODY = [route for route in ROUTES if route.sign_in is not SignIn.REQUIRED]
FOR_CUSTOMERS = [route for route in ROUTES if route.sign_in is SignIn.REQUIRED and "/support/" not in route.path]
CHANGES = [route for route in FOR_CUSTOMERS if route.method != "GET"]
FOR_THE_INVITEE = ("/v1/me/invitations", "/v1/invitations/accept")
REFUSED = (403, "login_deactivated")


def _switch(matrix: RoleMatrix, customer_id: str, *, on: bool) -> Response:
    """Switches a login as the desk does, for any role."""
    why: dict[str, Any] = {"confirm_reactivation": True} if on else {"allow_last": True, "reason": "Left the company."}
    body = {"login_activated": on, "ticket_url": TICKET, **why}
    answer = matrix.world.call("PATCH", f"/v1/support/customers/{customer_id}", matrix.who("support"), body)
    assert answer.status == 200, answer.text
    return answer


def _known_invitee(matrix: RoleMatrix) -> str:
    """The invitee is a customer who has signed in; their id."""
    body = {"email": matrix.person("invitee").email, "first_name": "I", "last_name": "T", "ticket_url": TICKET}
    matrix.world.ok("POST", "/v1/support/customers", matrix.who("support"), body)
    return matrix.world.id_of(matrix.person("invitee"))


def _said(answer: Response) -> tuple[int, dict[str, Any]]:
    body = answer.json if answer.text else {}
    return answer.status, {name: value for name, value in body.items() if name not in {"request_id", "you"}}


@pytest.mark.parametrize("name", ["admin", "removed", "invitee"])
def test_public_routes_answer_a_blocked_person_like_anybody_else(matrix: RoleMatrix, name: str) -> None:
    """R3, S21: with no more and no less than a stranger without a sign-in gets."""
    who = matrix.person(name)
    _switch(matrix, _known_invitee(matrix) if name == "invitee" else matrix.world.id_of(who), on=False)
    before = matrix.world.everything()
    for route in FOR_ANYBODY:
        answers = []
        for sender in (None, who):
            answers.append(_said(example_of(route, matrix).sent(matrix, sender)))
            matrix.world.rewind(before)
        assert answers[0] == answers[1], name_of(route)
    shown = matrix.world.ok("POST", "/v1/invitations/preview", who, {"token": matrix.token})["you"]
    assert set(shown.values()) <= {True, False, who.email, f"{who.email[0]}***@acme.example"}, (
        "of their own sign-in only"
    )


def test_an_invitation_stays_when_a_blocked_manager_opens_it(matrix: RoleMatrix) -> None:
    """R2, R3: opening it ends it for a manager who may sign in, but does nothing for a blocked one."""
    admin = matrix.person("admin")
    moved = matrix.world.moved(admin, matrix.person("invitee").email)
    _switch(matrix, matrix.world.id_of(admin), on=False)
    with matrix.world.unchanged():
        assert matrix.world.call("POST", "/v1/invitations/preview", moved, {"token": matrix.token}).status == 200
        for route in FOR_CUSTOMERS:
            answer = example_of(route, matrix).sent(matrix, moved)
            assert (answer.status, answer.code) == REFUSED, name_of(route)


@pytest.mark.parametrize("what", ["preview", "accept"])
def test_an_invitation_stays_when_a_manager_is_blocked_while_opening_it(matrix: RoleMatrix, what: str) -> None:
    """R2, R3: the same, with the login switched off between reading and ending it."""
    admin, admins_id = matrix.person("admin"), matrix.world.id_of(matrix.person("admin"))
    moved = matrix.world.moved(admin, matrix.person("invitee").email)
    with just_before(COMMIT, lambda: _switch(matrix, admins_id, on=False)):
        answer = matrix.world.call("POST", f"/v1/invitations/{what}", moved, {"token": matrix.token})
    assert (answer.status, answer.code) == ((200, None) if what == "preview" else REFUSED)
    assert matrix.world.call("POST", "/v1/invitations/preview", None, {"token": matrix.token}).status == 200


@pytest.mark.parametrize("what", ["decline", "accept"])
def test_an_invitation_stays_when_its_invitee_is_blocked_while_opening_it(matrix: RoleMatrix, what: str) -> None:
    """R3, R18: a person whose record has another address than the invited one."""
    removed, removeds_id = matrix.person("removed"), matrix.world.id_of(matrix.person("removed"))
    moved = matrix.world.moved(removed, matrix.person("invitee").email)
    url = f"/v1/me/invitations/{matrix.invitation_id}/{what}"
    with just_before(COMMIT, lambda: _switch(matrix, removeds_id, on=False)):
        answer = matrix.world.call("POST", url, moved, {} if what == "decline" else None)
    assert (answer.status, answer.code) == REFUSED
    assert matrix.world.call("POST", "/v1/invitations/preview", None, {"token": matrix.token}).status == 200


@pytest.mark.parametrize("verified", [True, False])
def test_a_blocked_record_only_keeps_out_who_proves_its_address(matrix: RoleMatrix, *, verified: bool) -> None:
    """R2, R3: also before the first sign-in; a person who proves nothing is a stranger and learns nothing."""
    body = {"email": "newt@acme.example", "first_name": "N", "last_name": "T", "ticket_url": TICKET}
    customer = matrix.world.ok("POST", "/v1/support/customers", matrix.who("support"), body)
    _switch(matrix, customer["id"], on=False)
    who = matrix.world.person("newt@acme.example", email_verified=verified)
    stranger = matrix.world.person("nobody@acme.example", email_verified=False)
    before = matrix.world.everything()
    for route in FOR_CUSTOMERS:
        answer = example_of(route, matrix).sent(matrix, who)
        if verified:
            assert (answer.status, answer.code) == REFUSED, name_of(route)
            assert matrix.world.everything() == before, name_of(route)
        else:
            same = example_of(route, matrix).sent(matrix, stranger)
            assert (answer.status, answer.code) == (same.status, same.code) != REFUSED, name_of(route)


def test_a_login_switched_off_during_a_request_lets_nothing_through(matrix: RoleMatrix) -> None:
    """R3, I8: every change by a customer, with the switch between its reads and its write."""
    invitees_id, admins_id = _known_invitee(matrix), matrix.world.id_of(matrix.person("admin"))
    before = matrix.world.everything()
    found = {}
    for route in CHANGES:
        who, customer_id = _actor(matrix, route, admins_id, invitees_id)
        after: list[Any] = []

        def switched(customer_id: str = customer_id, after: list[Any] = after) -> None:
            _switch(matrix, customer_id, on=False)
            after.append(matrix.world.everything())

        with just_before(COMMIT, switched):
            answer = example_of(route, matrix).sent(matrix, who)
        found[name_of(route)] = (answer.status, answer.code)
        if (answer.status, answer.code) == REFUSED:
            assert matrix.world.everything() == after[0], name_of(route)
        matrix.world.rewind(before)
    assert found == dict.fromkeys(found, REFUSED)


def _actor(matrix: RoleMatrix, route: Route, admins_id: str, invitees_id: str) -> tuple[Person, str]:
    if route.path.startswith(FOR_THE_INVITEE):
        return matrix.person("invitee"), invitees_id
    admin = matrix.person("admin")
    if route.path == "/v1/me/email":  # there has to be another address to change to
        return matrix.world.moved(admin, "anna.new@acme.example"), admins_id
    return admin, admins_id


def test_a_support_agent_with_a_blocked_login_is_blocked_as_a_customer(matrix: RoleMatrix) -> None:
    """R3, R60: the groups of a sign-in open nothing on the customers' routes."""
    agent = matrix.world.moved(matrix.person("viewer"), "vera@acme.example", groups=["billing-support"])
    _switch(matrix, matrix.world.id_of(agent), on=False)
    with matrix.world.unchanged():
        for route in FOR_CUSTOMERS:
            answer = example_of(route, matrix).sent(matrix, agent)
            assert (answer.status, answer.code) == REFUSED, name_of(route)
