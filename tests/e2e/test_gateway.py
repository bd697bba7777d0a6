"""What API Gateway answers by itself, and what passes through it unchanged."""

import pytest

from devstack.portal import Portal
from devstack.stack import Stack
from tests.e2e.http_client import Reply, company, send

ORIGIN = "http://localhost:8400"
ON_EVERY_ANSWER = {"cache-control": "no-store", "x-content-type-options": "nosniff", "vary": "Origin"}


def has_our_headers(reply: Reply) -> bool:
    """The headers that every answer of ours has."""
    return ON_EVERY_ANSWER.items() <= reply.headers.items() and bool(reply.headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("GET", "/v1"), ("DELETE", "/health"), ("PUT", "/v1/me"), ("GET", "/v1/invitations/accept"),
     ("POST", "/v1/billing-accounts/acc_1/managers/cus_1"), ("OPTIONS", "/nowhere"), ("TRACE", "/health")],
)  # fmt: skip
def test_unknown_paths_and_methods_are_a_problem_like_any_other(stack: Stack, method: str, path: str) -> None:
    """S21: the gateway's own answer is problem+json with our headers; the function is not asked."""
    reply = send(stack, method, path)

    assert (reply.status, reply.code) == (404, "route_not_found")
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    assert has_our_headers(reply)
    assert reply.headers["access-control-allow-origin"] == stack.portal_url


def test_a_preflight_of_a_configured_origin_names_the_methods_of_the_path(stack: Stack) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    reply = send(stack, "OPTIONS", "/v1/billing-accounts/acc_1/invitations", headers=asked)

    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["access-control-allow-methods"] == "GET, POST"
    assert {"authorization", "content-type", "idempotency-key"} <= set(
        reply.headers["access-control-allow-headers"].lower().split(", ")
    )
    assert has_our_headers(reply)


def test_a_preflight_of_another_origin_allows_nothing(stack: Stack) -> None:
    asked = {"Origin": "http://localhost:8400.evil.example", "Access-Control-Request-Method": "GET"}
    reply = send(stack, "OPTIONS", "/v1/me", headers=asked)

    assert reply.status == 204
    assert not [name for name in reply.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/v1/me", 401), ("/v1/billing-accounts/acc_1", 401)])
def test_answers_and_refusals_carry_cors_and_our_headers(stack: Stack, path: str, status: int) -> None:
    """S19."""
    reply = send(stack, "GET", path, headers={"Origin": ORIGIN})

    assert reply.status == status
    assert has_our_headers(reply)
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in reply.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b"\xff\xfe\x00", "application/json", 400, "malformed_json"),
        (b'{"token": "a"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"token": "' + b"a" * 70_000 + b'"}', "application/json", 413, "body_too_large"),
        (b'{"token": "a", "more": 1}', "application/json", 422, "validation_failed"),
        (b'{"token": "a"}', "application/json; charset=utf-8", 404, "invitation_not_found"),
    ],
)
def test_bodies_of_any_kind_get_a_valid_answer(
    stack: Stack, raw: bytes, content_type: str, status: int, code: str
) -> None:
    reply = send(stack, "POST", "/v1/invitations/preview", raw=raw, headers={"Content-Type": content_type})

    assert (reply.status, reply.code) == (status, code)


def test_text_in_any_script_arrives_unchanged(portal: Portal) -> None:
    """R27: what is typed arrives, in any script, without invisible characters."""
    home = company(portal)
    body = {"email": f"sam@{home.domain}", "message": "Žofie, 請看發票 🙂\u202e\u0000"}
    created = send(portal.stack, "POST", f"{home.path}/invitations", who=home.owner, body=body)

    assert created.status == 201
    assert created.json["message"] == "Žofie, 請看發票 🙂"
    made = {name: value for name, value in created.json.items() if name != "accept_url"}
    assert send(portal.stack, "GET", created.headers["location"], who=home.owner).json == made


def test_an_escaped_id_is_an_unknown_one(portal: Portal) -> None:
    """I8: whatever a path parameter is made of, it finds nothing and breaks nothing."""
    home = company(portal)
    for strange in ("%00", "%E2%82%AC", "a%20b", "..%2e", "%25", "x" * 500):
        reply = send(portal.stack, "GET", f"/v1/billing-accounts/{strange}", who=home.owner)
        assert (reply.status, reply.code) == (404, "account_not_found"), strange
