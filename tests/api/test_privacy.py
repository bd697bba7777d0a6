"""No answer shows anybody a token, or an address that they may not see (R6, I6)."""

import re

import pytest

from tests.api.examples import example_of, name_of, routes
from tests.api.role_matrix import RoleMatrix
from tests.world import Person

ADDRESS = re.compile(r"[\w.+*'-]+@[\w-]+(?:\.[\w-]+)+")
MAY_NOT = [("managers", "viewer"), ("admins", "viewer"), ("admins", "manager")]


def _addresses(matrix: RoleMatrix, who: Person) -> set[str]:
    """Every address, masked or not, in everything that a person can read and that their own requests return."""
    asked = [route for route in routes(method="GET") + routes(method="PATCH") if route.tag != "support"]
    texts = [example_of(route, matrix).sent(matrix, who).text for route in asked]
    texts.append(matrix.world.call("POST", "/v1/invitations/accept", who, {"token": matrix.token}).text)
    return {found for text in texts for found in ADDRESS.findall(text)}


@pytest.mark.parametrize(("policy", "role"), MAY_NOT)
def test_people_who_may_not_see_addresses_find_none(matrix: RoleMatrix, policy: str, role: str) -> None:
    """R6, S15: every answer shows only their own one and the invitation's masked one."""
    matrix.world.set_account(matrix.account, managed_by=policy)
    who = matrix.person(role)
    own_masked = f"{who.email[0]}***@acme.example"
    assert _addresses(matrix, who) == {who.email, own_masked, "i***@acme.example"}
    managers = matrix.world.ok("GET", f"/v1/billing-accounts/{matrix.account}/managers", who)["data"]
    assert {each["email"] for each in managers} == {None}
    assert all(each["first_name"] for each in managers)


@pytest.mark.parametrize(("policy", "role"), [("managers", "manager"), ("managers", "admin"), ("admins", "admin")])
def test_people_who_may_see_addresses_find_them_all(matrix: RoleMatrix, policy: str, role: str) -> None:
    """R6: the control: the same search does find them."""
    matrix.world.set_account(matrix.account, managed_by=policy)
    found = _addresses(matrix, matrix.person(role))
    names = ("olga", "anna", "carl", "vera", "sam", "ivan")
    assert {f"{name}@acme.example" for name in names} <= found
    assert "rita@acme.example" not in found


@pytest.mark.parametrize("name", ["stranger", "other", "removed", "invitee", "support", "reader"])
def test_people_outside_the_account_find_none_of_its_addresses(matrix: RoleMatrix, name: str) -> None:
    """I8, S15: strangers, former managers, invitees; and the support desk on the customers' routes."""
    who = matrix.person(name)
    found = _addresses(matrix, who)
    assert {each for each in found if "***" not in each} == {who.email}


@pytest.mark.parametrize(
    "name", ["anonymous", "stranger", "invitee", "removed", "viewer", "manager", "admin", "support"]
)
def test_no_route_returns_a_token_to_anybody(matrix: RoleMatrix, name: str) -> None:
    """I6, S15: whoever asks, on every route; not the token, not its parts, not the beginning of its MAC."""
    payload, mac = matrix.token.split(".")
    for route in routes():
        answer = example_of(route, matrix).sent(matrix, matrix.who(name))
        told = f"{answer.headers} {answer.text}"
        assert [part for part in (payload, mac, mac[:12], "/invitations#") if part in told] == [], name_of(route)
