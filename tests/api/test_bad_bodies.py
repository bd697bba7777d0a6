"""Bodies that are wrong in any way: properly refused, nothing changed, never a 500 (S22)."""

import json
from typing import Any

import pytest

from chalicelib.api.web.http import Route
from tests.api.examples import Body, example_of, name_of, routes
from tests.api.role_matrix import RoleMatrix
from tests.environment import PORTAL_CREDENTIAL
from tests.gateway import Response
from tests.world import Person

WITH_BODY = routes(body=True)
NOT_JSON = [
    "", " ", "{", "}", '{"email": }', "{'email': 'a@b.example'}", "nul", "\ufeff{}", "\x00", '"\\ud800"', "{}{}",
    '{"a":' * 5000 + "1" + "}" * 5000, "[" * 60_000,
]  # fmt: skip
NO_OBJECT = ["[]", "[{}]", "null", "1", "true", '"text"']
MEDIA_TYPES = ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
               "application/problem+json", "*/*", ""]  # fmt: skip
FORGED: Body = {
    "account_id": "acc_01ARZ3NDEKTSV4RRFFQ69G5FAV", "id": "inv_1", "status": "accepted", "role": "admin",
    "invited_by": "customer:cus_1", "expires_at": "2099-01-01T00:00:00Z", "token": "abc.def", "customer_id": "cus_1",
    "accepted_by": "cus_1", "generation": 7, "max_managers": 99, "groups": ["billing-support"], "__proto__": {},
}  # fmt: skip
NEVER_RIGHT: list[Any] = [[], {}, [[]], {"a": 1}, 1.5, ["manager"], 10**30]


@pytest.fixture(params=WITH_BODY, ids=name_of)
def route(request: pytest.FixtureRequest) -> Route:
    """Each route that takes a body."""
    found: Route = request.param
    return found


def test_every_wrong_body_is_refused_and_changes_nothing(matrix: RoleMatrix, route: Route) -> None:
    """Not JSON is 400, JSON without the right fields is 422; only an empty body may be fine."""
    with matrix.world.unchanged():
        for text in NOT_JSON[route.body_optional :]:
            answer = _sent(matrix, route, text)
            assert (answer.status, answer.code) == (400, "malformed_json"), text[:40]
        for text in NO_OBJECT:
            answer = _sent(matrix, route, text)
            assert (answer.status, answer.code) == (422, "validation_failed"), text


def test_a_body_that_is_too_large_or_no_json_by_name_is_refused(matrix: RoleMatrix, route: Route) -> None:
    """413 beyond 64 KiB (bytes, not characters), 415 for another media type; JSON may name its character set."""
    sound = json.dumps(example_of(route, matrix).body)
    with matrix.world.unchanged():
        for filler in (" " * 65_536, "\u00e9" * 33_000):
            answer = _sent(matrix, route, sound + filler)
            assert (answer.status, answer.code) == (413, "body_too_large")
        for media_type in MEDIA_TYPES:
            answer = _sent(matrix, route, sound, media_type)
            assert (answer.status, answer.code) == (415, "unsupported_media_type"), media_type
    assert _sent(matrix, route, sound, "Application/JSON; charset=utf-8").status < 300


def test_unknown_fields_are_refused_by_name(matrix: RoleMatrix, route: Route) -> None:
    """S22: nobody sets what is not theirs to set."""
    sound = example_of(route, matrix).body or {}
    assert route.body is not None
    with matrix.world.unchanged():
        for name, value in FORGED.items():
            if name not in route.body.model_fields:
                answer = _sent(matrix, route, json.dumps({**sound, name: value}))
                assert (answer.status, answer.code) == (422, "validation_failed"), name
                assert [each["field"] for each in answer.json["errors"]] == [name]


def test_fields_of_the_wrong_type_are_refused_by_name(matrix: RoleMatrix, route: Route) -> None:
    """Nothing is coerced: no number from a text, no text from a list of one."""
    sound = example_of(route, matrix).body or {}
    assert route.body is not None
    with matrix.world.unchanged():
        for attribute, field in route.body.model_fields.items():
            name = field.alias or attribute
            for value in NEVER_RIGHT:
                answer = _sent(matrix, route, json.dumps({**sound, name: value}))
                assert (answer.status, answer.code) == (422, "validation_failed"), f"{name}: {value}"
                assert {each["field"].split(".")[0] for each in answer.json["errors"]} == {name}
            if field.is_required():
                without = {each: value for each, value in sound.items() if each != name}
                assert _sent(matrix, route, json.dumps(without)).status == 422
                assert _sent(matrix, route, json.dumps({**sound, name: None})).status == 422


def _sent(matrix: RoleMatrix, route: Route, text: str, media_type: str = "application/json") -> Response:
    """The text as the body of that route, sent by a person who may call it."""
    who: Person | None = matrix.who("support" if route.tag == "support" else "admin")
    if route.path == "/v1/invitations/accept" or route.path.startswith("/v1/me/invitations"):
        who = matrix.who("invitee")
    if route.path == "/v1/me/email":  # there has to be another address to take over
        who = matrix.world.moved(matrix.person("admin"), "anna@new.example")
    token = who.token if who else None
    if route.tag == "portal":
        token = PORTAL_CREDENTIAL
    url = example_of(route, matrix).url
    return matrix.world.gateway.request(
        route.method, url, raw_body=text, token=token, headers={"Content-Type": media_type}
    )
