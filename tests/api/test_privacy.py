"""Nobody is shown an address that they may not see, or a token, in any answer (R6, I6)."""

import re

import pytest

from tests.api.examples import example_of, name_of, routes
from tests.api.role_matrix import Stage
from tests.world import Person

ADDRESS = re.compile(r"[\w.+*'-]+@[\w-]+(?:\.[\w-]+)+")
MAY_NOT = [("managers", "viewer"), ("admins", "viewer"), ("admins", "manager")]


def _addresses(stage: Stage, who: Person) -> set[str]:
    """Every address, masked or not, in everything that somebody can read and in what their own requests bring."""
    asked = [route for route in routes(method="GET") + routes(method="PATCH") if route.tag != "support"]
    texts = [example_of(route, stage).sent(stage, who).text for route in asked]
    texts.append(stage.world.call("POST", "/v1/invitations/accept", who, {"token": stage.token}).text)
    return {found for text in texts for found in ADDRESS.findall(text)}


@pytest.mark.parametrize(("policy", "role"), MAY_NOT)
def test_who_may_not_see_addresses_finds_none(stage: Stage, policy: str, role: str) -> None:
    """R6, S15: their own one and the invitation's masked one is all that any answer shows them."""
    stage.world.set_account(stage.account, managed_by=policy)
    who = stage.person(role)
    own_masked = f"{who.email[0]}***@acme.example"
    assert _addresses(stage, who) == {who.email, own_masked, "i***@acme.example"}
    managers = stage.world.ok("GET", f"/v1/billing-accounts/{stage.account}/managers", who)["data"]
    assert {each["email"] for each in managers} == {None}
    assert all(each["first_name"] for each in managers)


@pytest.mark.parametrize(("policy", "role"), [("managers", "manager"), ("managers", "admin"), ("admins", "admin")])
def test_who_may_see_addresses_finds_them_all(stage: Stage, policy: str, role: str) -> None:
    """R6: the same search, so that it is known to find something."""
    stage.world.set_account(stage.account, managed_by=policy)
    found = _addresses(stage, stage.person(role))
    names = ("olga", "anna", "mark", "vera", "sam", "ivan")
    assert {f"{name}@acme.example" for name in names} <= found
    assert "rita@acme.example" not in found


@pytest.mark.parametrize("name", ["stranger", "other", "removed", "invitee", "support", "reader"])
def test_who_is_not_on_the_account_finds_none_of_its_addresses(stage: Stage, name: str) -> None:
    """I8, S15: strangers, ex-managers, people invited; and the support desk on the customers' routes."""
    who = stage.person(name)
    found = _addresses(stage, who)
    assert {each for each in found if "***" not in each} == {who.email}


@pytest.mark.parametrize(
    "name", ["anonymous", "stranger", "invitee", "removed", "viewer", "manager", "admin", "support"]
)
def test_no_route_tells_anybody_a_token(stage: Stage, name: str) -> None:
    """I6, S15: whoever asks, on every route there is; not the token, not its parts, not the beginning of its MAC."""
    payload, mac = stage.token.split(".")
    for route in routes():
        answer = example_of(route, stage).sent(stage, stage.who(name))
        told = f"{answer.headers} {answer.text}"
        assert [part for part in (payload, mac, mac[:12], "/invitations#") if part in told] == [], name_of(route)
