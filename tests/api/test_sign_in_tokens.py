"""The issuer's keys: cached, fetched again when one is unknown, and not too often."""

import json
from typing import Any

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chalicelib.clients.jwks import KEEP_SECONDS, REFRESH_AT_MOST_EVERY, BadToken, TokenVerifier
from chalicelib.failures import Retryable
from tests.api.forged_tokens import with_header

ISSUER, AUDIENCE = "https://issuer.example", "billing-managers"
_KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("old", "new")}


class Issuer:
    """An issuer over HTTP, in place of the verifier's pool: its answers can be changed, and are counted."""

    def __init__(self) -> None:
        self.requests = 0
        self.status = 200
        self.failure: Exception | None = None
        self.data = b""
        self.publish("old")

    def publish(self, *names: str) -> None:
        """From now on these keys are published."""
        self.data = json.dumps({"keys": [_public(name) for name in names]}).encode()

    def request(self, _method: str, _url: str, **_options: Any) -> "Issuer":
        """Answers, or fails."""
        self.requests += 1
        if self.failure is not None:
            raise self.failure
        return self


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> TokenVerifier:
    pool: Any = issuer
    return TokenVerifier(issuer=ISSUER, audience=AUDIENCE, jwks_url="https://keys.example", pool=pool, clock=clock)


def _public(name: str) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(_KEYS[name].public_key(), as_dict=True), "kid": name, "use": "sig"}


def _token(key: str = "old", **headers: str) -> str:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "exp": 9_999_999_999}
    return jwt.encode(claims, _KEYS[key], algorithm="RS256", headers={"kid": key, **headers})


def test_keys_are_fetched_once_and_kept_for_an_hour(verifier: TokenVerifier, issuer: Issuer, clock: Clock) -> None:
    for _ in range(3):
        assert verifier.claims(_token())["sub"] == "somebody"
    assert issuer.requests == 1
    clock.now += KEEP_SECONDS + 1
    verifier.claims(_token())
    assert issuer.requests == 2


def test_an_unknown_key_is_looked_for_at_most_once_a_minute(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    """An attacker who invents key ids cannot make us call the issuer all the time."""
    verifier.claims(_token())
    for _ in range(20):
        with pytest.raises(BadToken):
            verifier.claims(_token("new"))
    assert issuer.requests == 1
    clock.now += REFRESH_AT_MOST_EVERY
    for _ in range(20):
        with pytest.raises(BadToken):
            verifier.claims(_token("new"))
    assert issuer.requests == 2
    issuer.publish("old", "new")
    clock.now += REFRESH_AT_MOST_EVERY
    assert verifier.claims(_token("new"))["sub"] == "somebody"
    assert issuer.requests == 3


def test_a_key_that_the_issuer_withdrew_stops_working(verifier: TokenVerifier, issuer: Issuer, clock: Clock) -> None:
    verifier.claims(_token())
    issuer.publish("new")
    clock.now += REFRESH_AT_MOST_EVERY
    verifier.claims(_token("new"))
    with pytest.raises(BadToken):
        verifier.claims(_token("old"))


FAILURES = {
    "no connection": (200, b"", urllib3.exceptions.ProtocolError("connection reset")),
    "a server error": (500, b"{}", None),
    "no JSON": (200, b"<html>", None),
    "no keys": (200, b'{"keys": null}', None),
    "a list": (200, b"[]", None),
    "an empty set": (200, b'{"keys": []}', None),
    "no usable key": (200, b'{"keys": [{"kid": "old", "kty": "oct", "k": "c2VjcmV0"}, {"kid": "x"}]}', None),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_without_keys_nobody_gets_in_until_the_issuer_is_back(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock, kind: str
) -> None:
    """A failure is not retried at once, so that an outage there does not slow us down."""
    published = issuer.data
    issuer.status, issuer.data, issuer.failure = FAILURES[kind]
    for _ in range(3):
        with pytest.raises(Retryable):
            verifier.claims(_token())
    assert issuer.requests == 1
    issuer.status, issuer.data, issuer.failure = 200, published, None
    clock.now += REFRESH_AT_MOST_EVERY
    assert verifier.claims(_token())["sub"] == "somebody"


@pytest.mark.parametrize("kind", FAILURES)
def test_a_known_key_stays_valid_while_the_issuer_is_down(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock, kind: str
) -> None:
    """People who are signed in keep working; an unknown key is still refused."""
    verifier.claims(_token())
    issuer.status, issuer.data, issuer.failure = FAILURES[kind]
    clock.now += KEEP_SECONDS + 1
    assert verifier.claims(_token())["sub"] == "somebody"
    with pytest.raises(BadToken):
        verifier.claims(_token("new"))
    assert issuer.requests == 2


def test_a_failure_of_the_first_try_is_tried_again_soon_and_then_less_often(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    """One hiccup at a cold start keeps nobody out for a minute; in a long outage there is one attempt a minute."""
    published, issuer.status = issuer.data, 500
    waits = []
    for tries in range(1, 10):
        waited = 0
        while issuer.requests < tries:
            with pytest.raises(Retryable):
                verifier.claims(_token())
            if issuer.requests < tries:
                clock.now += 1
                waited += 1
        waits.append(waited)
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    issuer.status, issuer.data = 200, published
    clock.now += 60
    assert verifier.claims(_token())["sub"] == "somebody"


def _nameless(name: str) -> dict[str, Any]:
    return {field: value for field, value in _public(name).items() if field != "kid"}


def test_without_key_ids_the_only_key_is_used(verifier: TokenVerifier, issuer: Issuer, clock: Clock) -> None:
    """On either side; of two keys none is guessed, and a wrong id stays wrong."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "exp": 9_999_999_999}
    without_id = jwt.encode(claims, _KEYS["old"], algorithm="RS256")
    assert verifier.claims(without_id)["sub"] == "somebody"
    with pytest.raises(BadToken):
        verifier.claims(_token("old", kid="other"))
    for keys, good in (([_nameless("old")], True), ([_nameless("old"), _nameless("new")], False)):
        issuer.data = json.dumps({"keys": keys}).encode()
        clock.now += KEEP_SECONDS + 1
        for token in (without_id, _token("old")):
            if good:
                assert verifier.claims(token)["sub"] == "somebody"
            else:
                with pytest.raises(BadToken):
                    verifier.claims(token)


def test_two_keys_under_one_id_are_told_apart_by_their_kind(verifier: TokenVerifier, issuer: Issuer) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    other = {**ECAlgorithm.to_jwk(curve.public_key(), as_dict=True), "kid": "old", "use": "sig"}
    issuer.data = json.dumps({"keys": [other, _public("old")]}).encode()
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "curved", "exp": 9_999_999_999}
    assert verifier.claims(_token("old"))["sub"] == "somebody"
    assert verifier.claims(jwt.encode(claims, curve, algorithm="ES256", headers={"kid": "old"}))["sub"] == "curved"
    with pytest.raises(BadToken):
        verifier.claims(jwt.encode(claims, _KEYS["new"], algorithm="RS256", headers={"kid": "old"}))


def test_keys_that_are_not_for_signatures_are_not_used(verifier: TokenVerifier, issuer: Issuer) -> None:
    """Nor do entries without an id, or of an unknown kind, prevent the others from being used."""
    nameless = {name: value for name, value in _public("new").items() if name != "kid"}
    odd = [{**_public("new"), "use": "enc"}, nameless, {"kid": "new", "kty": "unheard of"}, _public("old")]
    issuer.data = json.dumps({"keys": odd}).encode()
    assert verifier.claims(_token("old"))["sub"] == "somebody"
    with pytest.raises(BadToken):
        verifier.claims(_token("new"))


def test_the_key_and_not_the_token_decides_the_algorithm(verifier: TokenVerifier, issuer: Issuer) -> None:
    """A token that names another algorithm than its key is for, or brings a key of its own, is refused."""
    with pytest.raises(BadToken):
        verifier.claims(with_header(b'{"alg": "ES256", "kid": "old"}'))
    own = {"kid": "old", "jku": "https://evil.example/keys", "jwk": json.dumps(_public("new"))}
    with pytest.raises(BadToken):
        verifier.claims(_token("new", **own))
    assert issuer.requests == 1
