"""What all answers have in common: headers, request ids, machine-readable problems."""

import re
from typing import Any

import pytest

from chalicelib.api.web.http import ROUTES
from chalicelib.operations.customers import view_me
from tests.api.examples import example_of, name_of
from tests.api.role_matrix import RoleMatrix
from tests.captured_output import written
from tests.gateway import Response

ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}
PEOPLE = ("admin", "viewer", "stranger", "anonymous", "support")


@pytest.mark.parametrize("name", PEOPLE)
def test_every_answer_carries_the_same_headers(matrix: RoleMatrix, name: str) -> None:
    """S18, S19: no caching, no sniffing, no referrer, on success and refusal, preflights included."""
    ids = set()
    for route in ROUTES:
        example = example_of(route, matrix)
        for answer in (example.sent(matrix, matrix.who(name)), matrix.world.call("OPTIONS", example.url)):
            assert ALWAYS.items() <= answer.headers.items(), name_of(route)
            assert re.fullmatch(r"request-\d+", answer.headers["X-Request-Id"])
            assert answer.headers["X-Request-Id"] not in ids
            ids.add(answer.headers["X-Request-Id"])


@pytest.mark.parametrize("name", PEOPLE)
def test_every_refusal_is_a_problem_and_every_success_is_not(matrix: RoleMatrix, name: str) -> None:
    """RFC 9457 as the contract says."""
    for route in ROUTES:
        answer = example_of(route, matrix).sent(matrix, matrix.who(name))
        if answer.status >= 400:
            assert_problem(answer)
        elif answer.status == 204:
            assert answer.text == "", name_of(route)
            assert "Content-Type" not in answer.headers
        else:
            assert answer.headers["Content-Type"] == "application/json", name_of(route)


def test_wrong_fields_are_listed_one_by_one(matrix: RoleMatrix) -> None:
    """The problem of a validation names every field with what is wrong about it."""
    body = {"email": "nobody", "role": "owner", "expires_in_days": 0, "colour": "red"}
    answer = matrix.world.call("POST", f"/v1/billing-accounts/{matrix.account}/invitations", matrix.who("admin"), body)
    assert answer.status == 422
    assert_problem(answer)
    errors = answer.json["errors"]
    assert [sorted(each) for each in errors] == [["field", "message"]] * 4
    assert {each["field"] for each in errors} == {"email", "role", "expires_in_days", "colour"}
    assert all(each["message"] for each in errors)


PROOF = {"method": "prior_contract", "contract_url": "https://files.example/1"}


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/v1/billing-accounts/{}/invitations", {}, {"email"}),
        ("/v1/billing-accounts/{}/invitations", {"kind": "link", "email": "a@b.example"}, {"email"}),
        ("/v1/support/billing-accounts/{}/managers", {"verification": {"method": "prior_contract"}},
         {"ticket_url", "verification.contract_url"}),
        ("/v1/support/billing-accounts/{}/managers", {"verification": PROOF | {"colour": "red"}},
         {"ticket_url", "verification.colour"}),
        ("/v1/support/billing-accounts/{}/transfer", {"from": "cus_1", "to": {"email": "x"}, "verification": PROOF},
         {"ticket_url", "to", "to.email"}),
        ("/v1/support/billing-accounts/{}/transfer", {"from": "cus_1", "to": 7, "verification": PROOF},
         {"ticket_url", "to"}),
    ],
)  # fmt: skip
def test_fields_are_named_as_the_caller_wrote_them(
    matrix: RoleMatrix, path: str, body: dict[str, Any], fields: set[str]
) -> None:
    """A field is a path into the request body; our own internal names are left out."""
    who = matrix.who("support" if "/support/" in path else "admin")
    answer = matrix.world.call("POST", path.format(matrix.account), who, body)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert {each["field"] for each in answer.json["errors"]} == fields


def test_a_repeatable_parameter_has_one_name(matrix: RoleMatrix) -> None:
    """Also when its second value is the wrong one."""
    url = f"/v1/billing-accounts/{matrix.account}/invitations?status=pending&status=lost"
    answer = matrix.world.call("GET", url, matrix.who("admin"))
    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (422, ["status"])


def test_an_internal_error_is_reported_without_details(matrix: RoleMatrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 is a problem like others; neither it nor the log quotes the exception, which may quote people."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the address is olga@acme.example")

    monkeypatch.setattr(view_me, "view_me", broken)
    with written() as output:
        answer = matrix.world.call("GET", "/v1/me", matrix.who("admin"))
    assert (answer.status, answer.code) == (500, "internal_error")
    assert_problem(answer)
    assert "olga@acme.example" not in answer.text + output.getvalue()
    assert "RuntimeError" in output.getvalue()
    assert "RuntimeError" not in answer.text
    assert "view_me.py" not in answer.text


def assert_problem(answer: Response) -> None:
    """Checks that a refusal has the form of all refusals."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["type"] == f"urn:billing-managers:problem:{problem['code']}"
    assert re.fullmatch(r"[a-z_]+", problem["code"])
    assert problem["status"] == answer.status
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert ("errors" in problem) == (problem["code"] == "validation_failed")
