"""People who are kept out everywhere: a second sign-in with the same address (R2), a login switched off (R3)."""

from typing import Any

from chalicelib.api.web.http import ROUTES, SignIn
from tests.api.examples import example_of, name_of
from tests.api.forged_tokens import claims_of, signed
from tests.api.role_matrix import RoleMatrix
from tests.world import Person

FOR_CUSTOMERS = [route for route in ROUTES if route.sign_in is SignIn.REQUIRED and route.tag != "support"]


def _anna_again(matrix: RoleMatrix, **claims: Any) -> Person:
    """Another person whose provider says that the admin's address is theirs."""
    issuer = matrix.world.issuer
    said = claims_of(issuer, sub="another|anna", email="anna@acme.example", **claims)
    return Person("anna@acme.example", signed(issuer, said))


def test_a_second_sign_in_with_the_same_address_is_refused_everywhere(matrix: RoleMatrix) -> None:
    """R2, S3: 403 with what to do, on every route that needs a sign-in, and nothing happens."""
    with matrix.world.unchanged():
        for route in FOR_CUSTOMERS:
            answer = example_of(route, matrix).sent(matrix, _anna_again(matrix))
            assert (answer.status, answer.code) == (403, "forbidden"), name_of(route)
            assert "ask support" in answer.json["detail"]


def test_an_unverified_second_sign_in_is_a_stranger(matrix: RoleMatrix) -> None:
    """R2, S3: it proves nothing, so it learns nothing, not even that the address is known."""
    unverified, stranger = _anna_again(matrix, email_verified=False), matrix.who("stranger")
    with matrix.world.unchanged():
        assert matrix.world.ok("GET", "/v1/me", unverified)["id"] is None
        for route in FOR_CUSTOMERS:
            if "{account_id}" in route.path:
                answer = example_of(route, matrix).sent(matrix, unverified)
                same = example_of(route, matrix).sent(matrix, stranger)
                assert (answer.status, answer.code) == (same.status, same.code) == (404, "account_not_found")


def test_a_login_that_was_switched_off_is_blocked_everywhere(matrix: RoleMatrix) -> None:
    """R3: on every route, whatever the role; also when this process saw the person a moment ago."""
    for name in ("admin", "manager", "viewer", "other", "removed"):
        who = matrix.person(name)
        matrix.world.set_customer(matrix.world.id_of(who), login_activated=False)
        with matrix.world.unchanged():
            for route in FOR_CUSTOMERS:
                answer = example_of(route, matrix).sent(matrix, who)
                assert (answer.status, answer.code) == (403, "login_deactivated"), f"{name}: {name_of(route)}"


def test_a_login_that_was_switched_off_cannot_accept(matrix: RoleMatrix) -> None:
    """R3, R15: the invitation stays pending; switched on again, the same person accepts with the same link."""
    removed, world = matrix.person("removed"), matrix.world
    world.invite(matrix.person("admin"), matrix.account, removed.email)
    token, customer_id = world.link_token(removed.email), world.id_of(removed)
    world.set_customer(customer_id, login_activated=False)
    with world.unchanged():
        answer = world.call("POST", "/v1/invitations/accept", removed, {"token": token})
        assert (answer.status, answer.code) == (403, "login_deactivated")
    world.set_customer(customer_id, login_activated=True)
    assert world.call("POST", "/v1/invitations/accept", removed, {"token": token}).status == 201


def test_a_login_that_was_switched_off_before_the_first_sign_in_is_not_bound(matrix: RoleMatrix) -> None:
    """R2, R3: the refusal comes first."""
    imported = matrix.world.ok("POST", "/v1/support/billing-accounts", matrix.who("support"), example_of_import(matrix))
    matrix.world.set_customer(imported["first_manager"]["id"], login_activated=False)
    with matrix.world.unchanged():
        answer = matrix.world.call("GET", "/v1/me", matrix.world.person("nina@new.example"))
        assert (answer.status, answer.code) == (403, "login_deactivated")


def example_of_import(matrix: RoleMatrix) -> dict[str, Any]:
    """The body that imports the account that the role matrix left in Zuora."""
    (route,) = [each for each in ROUTES if each.path == "/v1/support/billing-accounts" and each.method == "POST"]
    return example_of(route, matrix).body or {}
