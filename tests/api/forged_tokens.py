"""Tokens that no issuer would issue, signed by hand, right or wrong."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devstack.issuer import AUDIENCE, Issuer

Claims = dict[str, Any]


def claims_of(issuer: Issuer, /, **changes: Any) -> Claims:
    """The claims of a good token with these changes; ``...`` leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "forged|1",
        "iat": now,
        "exp": now + 3600,
        "email": "olga@acme.example",
        "email_verified": True,
    }
    return {name: value for name, value in (claims | changes).items() if value is not ...}


def key_id_of(issuer: Issuer) -> str:
    """The id under which the issuer publishes its key."""
    return str(issuer.jwks["keys"][0]["kid"])


def signed(issuer: Issuer, claims: Mapping[str, Any], **headers: Any) -> str:
    """A token with these claims, really signed by the issuer; ``...`` leaves a header out."""
    named = {name: value for name, value in ({"kid": key_id_of(issuer)} | headers).items() if value is not ...}
    key = issuer._key  # noqa: SLF001 -- what the issuer would refuse to sign is what these tests are about
    return jwt.encode(dict(claims), key, algorithm="RS256", headers=named)


def unsigned(issuer: Issuer, claims: Mapping[str, Any]) -> str:
    """A token with ``alg: none``."""
    return ".".join([_part({"alg": "none", "kid": key_id_of(issuer)}), _part(claims), ""])


def signed_with_public_key(issuer: Issuer, claims: Mapping[str, Any]) -> str:
    """A token that uses the issuer's public key as a shared secret (HS256)."""
    public = issuer._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # noqa: SLF001 -- a forger
    head = ".".join([_part({"alg": "HS256", "kid": key_id_of(issuer)}), _part(claims)])
    return f"{head}.{_encoded(hmac.new(public, head.encode(), hashlib.sha256).digest())}"


def with_header(header: bytes) -> str:
    """A token whose header is these bytes."""
    return f"{_encoded(header)}.{_part({})}.{_encoded(b'signature')}"


def _part(content: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
