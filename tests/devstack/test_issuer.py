"""The dev issuer issues the tokens requested, including those of a careless issuer."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from chalicelib import settings
from chalicelib.api.web.auth import person_of
from devstack.issuer import AUDIENCE, Issuer, dev_issuer
from tests.environment import complete


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with dev_issuer(port=0) as running:
        yield running


def _claims(issuer: Issuer, **asked: Any) -> dict[str, Any]:
    key = jwt.PyJWK(issuer.jwks["keys"][0])
    claims: dict[str, Any] = jwt.decode(issuer.token(asked), key.key, algorithms=["RS256"], audience=AUDIENCE)
    return claims


@pytest.mark.parametrize("said", ["true", 1, None, ["true"], {}])
def test_a_careless_claim_is_given_as_asked_and_not_believed(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, said: object
) -> None:
    """R2: verified must be a real boolean, and a name a text; a single group may come without its list."""
    monkeypatch.setattr(settings, "current", lambda: settings.read(complete()))
    claims = _claims(issuer, email="a@b.example", email_verified=said, groups="billing-support", given_name=["Ann"])
    assert (claims["email_verified"], claims["groups"]) == (said, "billing-support")
    person = person_of(claims)
    assert (person.verified, person.proven_address, person.first_name) == (False, None, "")
    assert person.groups == {"billing-support"}


@pytest.mark.parametrize("asked", [{}, {"email": 5}, {"email": "a@b.example", "iss": "https://evil.example"}])
def test_an_invalid_token_request_is_refused(issuer: Issuer, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"email|iss"):
        issuer.token(asked)
