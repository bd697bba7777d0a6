"""Who is calling: the Bearer token, verified, as a SignedIn."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from chalicelib import settings, wiring
from chalicelib.addresses import NotAnAddress, normalised
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import SignInKeysAway, TokenFault, TokenTooLarge, Unauthenticated
from chalicelib.domain.people import SignedIn
from chalicelib.domain.texts import cleaned
from chalicelib.failures import Permanent, Retryable
from chalicelib.operations import agent_login, support

_LONGEST_TOKEN = 10_240  # API Gateway takes headers of 10 kB altogether
_LONGEST_NAME = 100
_SHORTEST_CREDENTIAL = 32


def signed_in(authorization: str | None) -> SignedIn:
    """The person of an Authorization header. Raises Unauthenticated, or SignInKeysAway when keys cannot be fetched."""
    token = _bearer(authorization)
    if len(token) > _LONGEST_TOKEN:
        raise TokenTooLarge
    try:
        claims = wiring.verifier().claims(token)
    except Permanent as error:
        raise Unauthenticated(TokenFault(error.reason)) from error
    except Retryable as error:
        raise SignInKeysAway from error
    return person_of(claims)


def _bearer(authorization: str | None) -> str:
    """What follows the scheme. Raises Unauthenticated where there is nothing of that kind."""
    scheme, _, presented = (authorization or "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        raise Unauthenticated(TokenFault.NOT_BEARER)
    if not presented.strip():
        raise Unauthenticated(TokenFault.MISSING)
    return presented.strip()


def require_support(person: SignedIn, *, to_change: bool) -> None:
    """Refuses who is not of the support desk with SupportOnly, before anything is said of what they sent (R60).

    Refuses with LoginDeactivated whose own login was switched off (R3).
    """
    if to_change:
        support.may_change(person, wiring.support_groups())
    else:
        support.may_read(person, wiring.support_groups())
    agent_login.must_be_on(person)


def require_portal(authorization: str | None) -> None:
    """Lets the portal's back end pass, by its own credential. Refuses everybody else with Unauthenticated."""
    presented = _bearer(authorization)
    good = [
        hmac.compare_digest(presented.encode(), each.encode())
        for each in wiring.portal_credentials()
        if len(each) >= _SHORTEST_CREDENTIAL
    ]
    if not any(good):
        raise Unauthenticated(TokenFault.WRONG_CREDENTIAL)


def person_of(claims: Mapping[str, Any]) -> SignedIn:
    """What verified claims say of the person. A claim of the wrong type counts as absent.

    An address is verified by a real ``true``; where the setting says so, also by there being no such claim at all.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise Unauthenticated(TokenFault.NO_SUBJECT)
    groups = claims.get("groups")
    if isinstance(groups, str):  # some providers send a single group as a text
        groups = [groups]
    return SignedIn(
        identity=hashlib.sha256(f"{claims['iss']}\n{subject}".encode(errors="surrogatepass")).hexdigest(),
        address=_address(claims.get("email")),
        verified=claims.get("email_verified", settings.current().trust_emails_of_issuer) is True,
        first_name=_name(claims.get("given_name")),
        last_name=_name(claims.get("family_name")),
        groups=frozenset(each for each in groups if isinstance(each, str)) if isinstance(groups, list) else frozenset(),
    )


def _address(value: object) -> Address | None:
    if not isinstance(value, str):
        return None
    try:
        return normalised(value)
    except NotAnAddress:
        return None


def _name(value: object) -> str:
    return cleaned(value)[:_LONGEST_NAME] if isinstance(value, str) else ""
