"""Verifies sign-in tokens against the issuer's published keys."""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

import jwt
import urllib3

from chalicelib.domain.errors import TokenFault
from chalicelib.failures import Permanent, Retryable

ALGORITHMS = ("RS256", "ES256", "EdDSA")
REFRESH_AT_MOST_EVERY = 60.0
KEEP_SECONDS = 3600.0
LEEWAY_SECONDS = 30


class BadToken(Permanent):
    """The token is not a valid one of our issuer; ``reason`` is why, and nobody's business but the log's."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__("bad_token", fault.value)


_FAULTS: Mapping[type[jwt.PyJWTError], TokenFault] = {
    jwt.InvalidSignatureError: TokenFault.BAD_SIGNATURE,
    jwt.InvalidIssuerError: TokenFault.WRONG_ISSUER,
    jwt.InvalidAudienceError: TokenFault.WRONG_AUDIENCE,
    jwt.ExpiredSignatureError: TokenFault.EXPIRED,
    jwt.ImmatureSignatureError: TokenFault.NOT_YET_VALID,
    jwt.exceptions.InvalidSubjectError: TokenFault.NO_SUBJECT,
}
_WITHOUT: Mapping[str, TokenFault] = {
    "iss": TokenFault.WRONG_ISSUER,
    "aud": TokenFault.WRONG_AUDIENCE,
    "exp": TokenFault.NO_EXPIRY,
    "sub": TokenFault.NO_SUBJECT,
}


def _fault_of(error: jwt.PyJWTError) -> TokenFault:
    """Why the library refused a token; whatever is none of these could not be read as one."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return _WITHOUT[error.claim]
    return _FAULTS.get(type(error), TokenFault.MALFORMED)


class TokenVerifier:
    """Checks signature, algorithm, issuer, audience and expiry of access tokens.

    A token or a key set without key ids is good when there is exactly one usable key; two keys under one id are
    told apart by their algorithm. Keys are kept for an hour and fetched again when a token names an unknown key id,
    at most once a minute. When the keys cannot be fetched, a key that is still known is used; without one nobody gets
    in.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks_url: str,
        pool: urllib3.PoolManager | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._issuer, self._audience, self._url = issuer, audience, jwks_url
        self._pool = pool or urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=3))
        self._clock = clock
        self._keys: tuple[jwt.PyJWK, ...] = ()
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failures = 0
        self._on_failure = on_failure
        self._lock = Lock()

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid token. Raises BadToken, or Retryable when the keys cannot be fetched."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise BadToken(TokenFault.MALFORMED) from error
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise BadToken(TokenFault.ALGORITHM_NOT_ALLOWED)
        if not (key_id is None or isinstance(key_id, str)):
            raise BadToken(TokenFault.MALFORMED)
        key = self._key(key_id, algorithm)
        if key is None:
            raise BadToken(TokenFault.UNKNOWN_KEY)
        try:
            return dict(
                jwt.decode(
                    token,
                    key.key,
                    algorithms=[algorithm],
                    audience=self._audience,
                    issuer=self._issuer,
                    leeway=LEEWAY_SECONDS,
                    options={"require": ["exp", "iss", "aud", "sub"]},
                )
            )
        except jwt.PyJWTError as error:
            raise BadToken(_fault_of(error)) from error

    def _known(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key of that id for that algorithm; without an id on either side, the only key that there is."""
        named = [key for key in self._keys if key_id is not None and key.key_id == key_id]
        only = [key for key in self._keys if len(self._keys) == 1 and None in (key_id, key.key_id)]
        return next((key for key in named or only if key.algorithm_name == algorithm), None)

    def _key(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        with self._lock:
            now = self._clock()
            known = self._known(key_id, algorithm)
            stale = self._fetched_at is None or now - self._fetched_at > KEEP_SECONDS
            if known is not None and not stale:
                return known
            if self._tried_at is None or now - self._tried_at >= self._pause():
                self._tried_at = now
                self._refresh(now)
            elif self._fetched_at is None:
                raise Retryable("the issuer's keys cannot be fetched")
            return self._known(key_id, algorithm)

    def _pause(self) -> float:
        """How long to wait before the keys are asked for again: a second at first while none were ever had."""
        if self._fetched_at is not None:
            return REFRESH_AT_MOST_EVERY
        return float(min(REFRESH_AT_MOST_EVERY, 2.0 ** (self._failures - 1)))

    def _refresh(self, now: float) -> None:
        try:
            answer = self._pool.request("GET", self._url, redirect=False)
            document = json.loads(answer.data) if answer.status == HTTPStatus.OK else {}
            keys = _usable(document["keys"])
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
            self._failures += 1
            self._on_failure()
            if self._fetched_at is None:
                raise Retryable("the issuer's keys cannot be fetched") from error
            return
        self._failures = 0
        self._keys = keys
        self._fetched_at = now


def _usable(entries: list[Any]) -> tuple[jwt.PyJWK, ...]:
    """The keys for signatures of ours. Raises ValueError for an answer without any: that is a failure like another."""
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            found.append(jwt.PyJWK(entry))
        except jwt.PyJWTError:  # a kind of key that we do not use
            continue
    usable = tuple(key for key in found if key.algorithm_name in ALGORITHMS)
    if not usable:
        raise ValueError("no usable key")
    return usable
