"""Verifies sign-in tokens against the issuer's published keys."""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

import jwt
import urllib3

from chalicelib.clients.failures import Permanent, Retryable

ALGORITHMS = ("RS256", "ES256", "EdDSA")
REFRESH_AT_MOST_EVERY = 60.0
KEEP_SECONDS = 3600.0
LEEWAY_SECONDS = 30
_TYPES = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


class BadToken(Permanent):
    """The token is not a valid one of our issuer; why is nobody's business but the log's."""

    def __init__(self, why: str) -> None:
        super().__init__("bad_token", why)


class TokenVerifier:
    """Checks signature, algorithm, issuer, audience and expiry of access tokens.

    Keys are kept for an hour and fetched anew when a token names an unknown key id, at most once a
    minute. When the keys cannot be had, a key that is still known is used; without one nobody gets in.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks_url: str,
        pool: urllib3.PoolManager | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer, self._audience, self._url = issuer, audience, jwks_url
        self._pool = pool or urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=3))
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = Lock()

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid token. Raises BadToken, or Retryable when the keys cannot be had."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise BadToken("unreadable") from error
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or not isinstance(key_id, str):
            raise BadToken("algorithm or key id")
        key = self._key(key_id)
        if key is None or key.key_type != _TYPES[algorithm]:
            raise BadToken("unknown key")
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
            raise BadToken(type(error).__name__) from error

    def _key(self, key_id: str) -> jwt.PyJWK | None:
        with self._lock:
            now = self._clock()
            known = self._keys.get(key_id)
            stale = self._fetched_at is None or now - self._fetched_at > KEEP_SECONDS
            if known is not None and not stale:
                return known
            if self._tried_at is None or now - self._tried_at >= REFRESH_AT_MOST_EVERY:
                self._tried_at = now
                self._refresh(now)
            elif self._fetched_at is None:
                raise Retryable("the issuer's keys cannot be had")
            return self._keys.get(key_id)

    def _refresh(self, now: float) -> None:
        try:
            answer = self._pool.request("GET", self._url, redirect=False)
            document = json.loads(answer.data) if answer.status == HTTPStatus.OK else {}
            keys = dict(_usable(document["keys"]))
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
            if self._fetched_at is None:
                raise Retryable("the issuer's keys cannot be had") from error
            return
        self._keys = keys
        self._fetched_at = now


def _usable(entries: list[Any]) -> list[tuple[str, jwt.PyJWK]]:
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "kid" not in entry:
            continue
        try:
            found.append((str(entry["kid"]), jwt.PyJWK(entry)))
        except jwt.PyJWTError:  # a kind of key that we do not use
            continue
    return found
