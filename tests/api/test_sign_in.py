"""Without a valid token nobody gets in: 401 on every route that requires one (S21)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from chalicelib import settings, wiring
from chalicelib.api.web.http import ROUTES, SignIn
from chalicelib.clients.jwks import TokenVerifier
from chalicelib.domain.errors import TokenFault
from devstack.issuer import AUDIENCE, Issuer, dev_issuer
from tests.api.examples import example_of, name_of
from tests.api.forged_tokens import claims_of, key_id_of, signed, signed_with_public_key, unsigned, with_header
from tests.api.role_matrix import RoleMatrix
from tests.captured_output import written
from tests.gateway import Response


def _foreign(issuer: Issuer) -> str:
    """Our issuer's claims and key id, signed with another key."""
    with dev_issuer(port=0) as other:
        return signed(other, claims_of(issuer), kid=key_id_of(issuer))


HEADERS: dict[str, Callable[[Issuer], str | None]] = {
    "no header": lambda _: None,
    "empty": lambda _: "",
    "no scheme": lambda i: signed(i, claims_of(i)),
    "another scheme": lambda i: f"Basic {signed(i, claims_of(i))}",
    "no token": lambda _: "Bearer",
    "an empty token": lambda _: "Bearer  ",
    "two tokens": lambda i: f"Bearer {signed(i, claims_of(i))} {signed(i, claims_of(i))}",
    "garbage": lambda _: "Bearer garbage",
    "three parts of garbage": lambda _: "Bearer a.b.c",
    "not ASCII": lambda _: "Bearer \u00e9.\u00e9.\u00e9",
    "too long": lambda i: f"Bearer {signed(i, claims_of(i, given_name='x' * 9000))}",
    "a header that is no object": lambda _: f"Bearer {with_header(b'[]')}",
    "a header that nests deeply": lambda _: f"Bearer {with_header(b'[' * 3000)}",
    "a header that is not UTF-8": lambda _: f"Bearer {with_header(bytes([255, 254]))}",
    "a header without an algorithm": lambda _: f"Bearer {with_header(b'{}')}",
    "a key id that is no text": lambda _: "Bearer " + with_header(b'{"alg": "RS256", "kid": 7}'),
    "expired": lambda i: _bearer(i, exp=1),
    "issued later on": lambda i: _bearer(i, iat=9_999_999_999),
    "valid from later on": lambda i: _bearer(i, nbf=9_999_999_999),
    "without an expiry": lambda i: _bearer(i, exp=...),
    "an expiry that is no number": lambda i: _bearer(i, exp="never"),
    "an endless expiry": lambda i: _bearer(i, exp=float("inf")),
    "for another audience": lambda i: _bearer(i, aud="another-service"),
    "without an audience": lambda i: _bearer(i, aud=...),
    "by another issuer": lambda i: _bearer(i, iss="https://another.example"),
    "without an issuer": lambda i: _bearer(i, iss=...),
    "without a subject": lambda i: _bearer(i, sub=...),
    "an empty subject": lambda i: _bearer(i, sub=""),
    "a subject that is no text": lambda i: _bearer(i, sub=7),
    "unsigned": lambda i: f"Bearer {unsigned(i, claims_of(i))}",
    "signed with the public key": lambda i: f"Bearer {signed_with_public_key(i, claims_of(i))}",
    "signed with another key": lambda i: f"Bearer {_foreign(i)}",
    "an unknown key": lambda i: f"Bearer {signed(i, claims_of(i), kid='nobody')}",
    "a broken signature": lambda i: f"Bearer {signed(i, claims_of(i))[:-6]}AAAAAA",
}


FAULTS: dict[str, TokenFault] = {
    "no header": TokenFault.MISSING,
    "empty": TokenFault.MISSING,
    "no scheme": TokenFault.NOT_BEARER,
    "another scheme": TokenFault.NOT_BEARER,
    "no token": TokenFault.MISSING,
    "an empty token": TokenFault.MISSING,
    "two tokens": TokenFault.MALFORMED,
    "garbage": TokenFault.MALFORMED,
    "three parts of garbage": TokenFault.MALFORMED,
    "not ASCII": TokenFault.MALFORMED,
    "too long": TokenFault.TOO_LARGE,
    "a header that is no object": TokenFault.MALFORMED,
    "a header that nests deeply": TokenFault.MALFORMED,
    "a header that is not UTF-8": TokenFault.MALFORMED,
    "expired": TokenFault.EXPIRED,
    "valid from later on": TokenFault.NOT_YET_VALID,
    "without an expiry": TokenFault.NO_EXPIRY,
    "an expiry that is no number": TokenFault.MALFORMED,
    "an endless expiry": TokenFault.MALFORMED,
    "for another audience": TokenFault.WRONG_AUDIENCE,
    "without an audience": TokenFault.WRONG_AUDIENCE,
    "by another issuer": TokenFault.WRONG_ISSUER,
    "without an issuer": TokenFault.WRONG_ISSUER,
    "without a subject": TokenFault.NO_SUBJECT,
    "an empty subject": TokenFault.NO_SUBJECT,
    "a subject that is no text": TokenFault.NO_SUBJECT,
    "unsigned": TokenFault.ALGORITHM_NOT_ALLOWED,
    "signed with the public key": TokenFault.ALGORITHM_NOT_ALLOWED,
    "signed with another key": TokenFault.BAD_SIGNATURE,
    "an unknown key": TokenFault.UNKNOWN_KEY,
    "a broken signature": TokenFault.BAD_SIGNATURE,
    "a header without an algorithm": TokenFault.ALGORITHM_NOT_ALLOWED,
    "a key id that is no text": TokenFault.MALFORMED,
    "issued later on": TokenFault.NOT_YET_VALID,
}
"""Which fault each of them is; the enum has others for what is not about a person's token."""


def _bearer(issuer: Issuer, /, **changes: object) -> str:
    return f"Bearer {signed(issuer, claims_of(issuer, **changes))}"


@pytest.mark.parametrize("kind", HEADERS)
def test_without_a_valid_token_every_route_that_needs_one_answers_401(matrix: RoleMatrix, kind: str) -> None:
    """S21: the same answer whatever is wrong with the token, before anything else is looked at."""
    authorization = HEADERS[kind](matrix.world.issuer)
    headers = {} if authorization is None else {"Authorization": authorization}
    with matrix.world.calls_to_dynamodb() as calls:
        for route in ROUTES:
            example = example_of(route, matrix)
            answer = matrix.world.call(example.method, example.url, None, example.body, headers)
            if route.sign_in is SignIn.REQUIRED:
                assert_unauthenticated(answer)
            elif route.tag not in {"callouts", "portal"}:  # those have their own signature or credential instead
                assert answer.status == route.status, name_of(route)
    reached = {"BatchGetItem", "TransactWriteItems"}  # on routes without a sign-in: a preview, an invitee's decline
    assert set(calls) <= reached


@pytest.mark.parametrize("kind", FAULTS)
def test_the_log_gives_the_reason_of_a_refused_token_and_none_of_its_content(matrix: RoleMatrix, kind: str) -> None:
    """S16, S21: one reason of a closed list, with the answer's request id, and counted; the caller is not told."""
    authorization = HEADERS[kind](matrix.world.issuer)
    headers = {} if authorization is None else {"Authorization": authorization}
    with written() as output:
        answer = matrix.world.call("GET", "/v1/me", None, None, headers)
    assert_unauthenticated(answer)
    assert ("too large" in answer.json["detail"]) == (kind == "too long")
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    (said,) = [line for line in lines if line.get("message") == "token refused"]
    assert (said["reason"], said["route"], said["request_id"]) == (FAULTS[kind], "/v1/me", answer.json["request_id"])
    assert [line["reason"] for line in lines if "TokensRefused" in line] == [FAULTS[kind]]
    assert "acme.example" not in output.getvalue()
    assert not authorization or authorization.strip() == "Bearer" or authorization not in output.getvalue()


def test_every_reason_occurs_in_a_request(matrix: RoleMatrix) -> None:
    """The list has no reason that never occurs, and none that is never tested."""
    assert HEADERS.keys() == FAULTS.keys()
    with written() as output:
        matrix.world.call("POST", "/v1/sign-in-links/redeem", matrix.who("admin"), {"token": "x"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JWKS_URL", "http://127.0.0.1:1/keys")
            for cached in (settings.current, wiring.verifier):
                cached.cache_clear()
            matrix.world.call("GET", "/v1/me", matrix.who("admin"))
        for cached in (settings.current, wiring.verifier):
            cached.cache_clear()
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    of_others = {line["reason"] for line in lines if "TokensRefused" in line}
    assert of_others == {TokenFault.WRONG_CREDENTIAL, TokenFault.KEYS_AWAY}
    assert [line["SignInKeysAway"] for line in lines if "SignInKeysAway" in line] == [[1.0]]
    assert {*FAULTS.values(), *of_others} == set(TokenFault)


class Keys:
    """The connection to the issuer's keys, which fails until it is repaired."""

    def __init__(self) -> None:
        self.works = False

    def request(self, method: str, url: str, **options: Any) -> Any:
        """The issuer's answer, or none."""
        if not self.works:
            raise urllib3.exceptions.ProtocolError("connection reset")
        return urllib3.request(method, url, **options)


def test_sign_in_is_busy_without_keys_and_works_one_second_after_they_are_back(
    matrix: RoleMatrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S21: 503 with Retry-After on every route that asks for a token, and on a preview that brings one; no way in."""
    keys: Any = Keys()
    seconds = [5.0]
    issuer = matrix.world.issuer.url
    verifier = TokenVerifier(
        issuer=issuer,
        audience=AUDIENCE,
        jwks_url=f"{issuer}/.well-known/jwks.json",
        pool=keys,
        clock=lambda: seconds[0],
    )
    monkeypatch.setattr(wiring, "verifier", lambda: verifier)
    with matrix.world.unchanged():
        for route in ROUTES:
            if route.sign_in in {SignIn.REQUIRED, SignIn.OPTIONAL}:
                answer = example_of(route, matrix).sent(matrix, matrix.who("admin"))
                assert (answer.status, answer.code) == (503, "busy"), name_of(route)
                assert int(answer.headers["Retry-After"]) > 0
    keys.works = True
    seconds[0] += 1
    assert matrix.world.call("GET", "/v1/me", matrix.who("admin")).status == 200


def test_a_preview_without_a_token_logs_no_refusal(matrix: RoleMatrix) -> None:
    """The preview is for anybody; only a token that was sent and is invalid is logged."""
    for headers, told in (({}, 0), ({"Authorization": "Bearer garbage"}, 1)):
        with written() as output:
            answer = matrix.world.call("POST", "/v1/invitations/preview", None, {"token": matrix.token}, headers)
        assert answer.status == 200
        assert output.getvalue().count('"token refused"') == told


def test_a_valid_token_made_the_same_way_gets_in(matrix: RoleMatrix) -> None:
    """Proves that the tokens of the other test fail for the reason that they name."""
    issuer = matrix.world.issuer
    for changes in ({}, {"aud": ["another-service", "billing-managers"]}, {"sub": "\ud800"}):
        claims = claims_of(issuer, email="new@elsewhere.example", **changes)
        assert matrix.world.gateway.request("GET", "/v1/me", token=signed(issuer, claims)).status == 200
    lower = {"authorization": f"bearer {signed(issuer, claims_of(issuer, email='new@elsewhere.example'))}"}
    assert matrix.world.gateway.request("GET", "/v1/me", headers=lower).status == 200


@pytest.mark.parametrize("kind", ["garbage", "expired", "unsigned"])
def test_a_preview_treats_a_bad_token_like_none(matrix: RoleMatrix, kind: str) -> None:
    """The preview needs no sign-in, so a bad one is none."""
    headers = {"Authorization": str(HEADERS[kind](matrix.world.issuer))}
    answer = matrix.world.call("POST", "/v1/invitations/preview", None, {"token": matrix.token}, headers)
    assert answer.json["you"] is None
    signed_in = matrix.world.ok("POST", "/v1/invitations/preview", matrix.who("invitee"), {"token": matrix.token})
    assert signed_in["you"] == {"email_masked": "i***@acme.example", "matches": True}


def assert_unauthenticated(answer: Response) -> None:
    """Checks that an answer is the one for everybody who is not signed in."""
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(answer.json) == {"type", "title", "status", "code", "detail", "request_id"}
