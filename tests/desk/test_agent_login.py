"""An agent whose own login was switched off is kept out of the desk as well (R3)."""

import re

import pytest

from chalicelib.api.web.http import ROUTES, SUPPORT, Route
from tests.desk.conftest import Desk
from tests.world import TICKET, Person

CUSTOMERS = "/v1/support/customers"


@pytest.fixture
def tom(desk: Desk) -> Person:
    """Another agent."""
    return desk.world.support("tom@support.example")


def record_of(desk: Desk, agent: Person) -> str:
    body = {"email": agent.email, "first_name": "T", "last_name": "T"}
    return str(desk.ok("POST", CUSTOMERS, body)["id"])


def switch(desk: Desk, customer: str, *, on: bool) -> None:
    desk.ok("PATCH", f"{CUSTOMERS}/{customer}", {"login_activated": on, "confirm_reactivation": True})


def asked(desk: Desk, who: Person, route: Route) -> tuple[int, str | None]:
    path = re.sub(r"\{(\w+)\}", lambda name: desk.account if name[1] == "account_id" else "cus_1", route.path)
    answer = desk.world.call(route.method, path, who, None if route.method == "GET" else {"ticket_url": TICKET})
    return answer.status, answer.code


@pytest.mark.parametrize("group", ["billing-support", "billing-support-readonly"])
def test_no_route_of_the_desk_lets_in_an_agent_whose_login_is_off(desk: Desk, group: str) -> None:
    """R3: reading and changing, whatever is sent, and nothing changes; until it is on again."""
    tom = desk.world.support("tom@support.example", group=group)
    customer = record_of(desk, tom)
    assert desk.world.call("GET", desk.path, tom).status == 200
    switch(desk, customer, on=False)
    routes = [each for each in ROUTES if each.path.startswith(SUPPORT)]
    if group != "billing-support":
        routes = [each for each in routes if each.method == "GET"]
    assert len(routes) > 5
    with desk.world.unchanged():
        refused = {route.view.__name__: asked(desk, tom, route) for route in routes}
    assert refused == dict.fromkeys(refused, (403, "login_deactivated"))
    switch(desk, customer, on=True)
    assert desk.world.call("GET", desk.path, tom).status == 200


def test_the_sign_in_decides_also_under_another_address(desk: Desk, tom: Person) -> None:
    """R2, R3: the subject is the identity, whatever address the record has by now."""
    customer = record_of(desk, tom)
    assert desk.world.ok("GET", "/v1/me", tom)["id"] == customer
    desk.ok("PATCH", f"{CUSTOMERS}/{customer}", {"email": "tom@elsewhere.example"})
    switch(desk, customer, on=False)
    assert desk.world.call("GET", desk.path, tom).code == "login_deactivated"
    assert desk.world.call("GET", "/v1/me", tom).code == "login_deactivated"


def test_an_agent_who_becomes_a_customer_is_no_stranger_any_more(desk: Desk, tom: Person) -> None:
    """R3: the cached fact that a sign-in has no record does not outlast its first sign-in."""
    assert desk.world.call("GET", desk.path, tom).status == 200
    customer = record_of(desk, tom)
    assert desk.world.ok("GET", "/v1/me", tom)["id"] == customer
    switch(desk, customer, on=False)
    assert desk.world.call("GET", desk.path, tom).code == "login_deactivated"


def test_a_person_outside_support_learns_nothing_about_logins(desk: Desk) -> None:
    """R60: a manager whose login is off is answered like any other outsider."""
    carl = desk.world.person("carl@acme.example")
    customer = record_of(desk, carl)
    switch(desk, customer, on=False)
    assert desk.world.call("GET", desk.path, carl).code == "forbidden"
