"""CORS: pages of the configured origins may call, on success and on refusal, and no others."""

import pytest

from chalicelib.api.web.http import ROUTES
from tests.api.examples import example_of, name_of
from tests.api.role_matrix import RoleMatrix
from tests.environment import SETTINGS

CONFIGURED = SETTINGS["ALLOWED_ORIGINS"].split(",")
FOREIGN = ["https://evil.example", "null", f"{CONFIGURED[0]}.evil.example", "*"]
ALLOW = "Access-Control-Allow-Origin"


def test_more_than_one_origin_is_configured() -> None:
    """The other tests of this module would prove little with only one."""
    assert len(CONFIGURED) > 1


@pytest.mark.parametrize("name", ["admin", "anonymous"])
def test_a_configured_origin_may_read_every_answer(matrix: RoleMatrix, name: str) -> None:
    """Successes and refusals, for each origin under its own name, and never with cookies."""
    for route in ROUTES:
        for origin in CONFIGURED:
            answer = example_of(route, matrix).sent(matrix, matrix.who(name), Origin=origin)
            assert answer.headers[ALLOW] == origin, name_of(route)
            assert answer.headers["Vary"] == "Origin"
            exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
            assert {"X-Request-Id", "Location", "Retry-After", "Idempotency-Replayed"} <= set(exposed)
            assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("headers", [*({"Origin": origin} for origin in FOREIGN), {}], ids=[*FOREIGN, "none"])
def test_a_foreign_origin_may_read_no_answer(matrix: RoleMatrix, headers: dict[str, str]) -> None:
    """Nor may a page without an origin; the answer says that it varies by origin."""
    for route in ROUTES:
        example = example_of(route, matrix)
        answers = [example.sent(matrix, matrix.who(name), **headers) for name in ("admin", "anonymous")]
        answers.append(matrix.world.call("OPTIONS", example.url, headers=headers))
        for answer in answers:
            assert not [each for each in answer.headers if each.startswith("Access-Control-")], name_of(route)
            assert answer.headers["Vary"] == "Origin"


def test_a_preflight_allows_the_methods_and_headers_of_the_path(matrix: RoleMatrix) -> None:
    """OPTIONS needs no sign-in, changes nothing and names every method that the path has."""
    with matrix.world.unchanged():
        for route in ROUTES:
            for origin in CONFIGURED:
                asked = {"Origin": origin, "Access-Control-Request-Method": route.method}
                answer = matrix.world.call("OPTIONS", example_of(route, matrix).url, headers=asked)
                assert (answer.status, answer.text) == (204, ""), name_of(route)
                assert answer.headers[ALLOW] == origin
                methods = {each.method for each in ROUTES if each.path == route.path}
                assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == methods
                allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
                assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(allowed)
