"""The dev issuer: gives anybody who asks a real, signed access token. For the local stack only.

``POST /token {"email", "sub"?, "email_verified"?=true, "given_name"?, "family_name"?, "groups"?}`` answers
``{"access_token"}``. For trying refusals: ``expires_in`` (seconds, may be negative) and ``audience``, and the claims
``email_verified``, ``given_name``, ``family_name`` and ``groups`` of any type, as a careless issuer would give them.
``GET /.well-known/jwks.json`` publishes the key, ``GET /.well-known/openid-configuration`` says where.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "billing-managers"
_HOUR = 3600
_FIELDS: dict[str, type] = {
    "email": str, "sub": str, "email_verified": object, "given_name": object, "family_name": object, "groups": object,
    "expires_in": int, "audience": str,
}  # fmt: skip


class Issuer:
    """A key pair and what is signed with it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        thumb = hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:16]
        self._key_id = f"dev-{thumb}"
        self.jwks = {"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": "RS256"}]}

    def token(self, asked: dict[str, Any]) -> str:
        """A token that says what is asked for. Raises ValueError for what makes no sense."""
        for name, value in asked.items():
            if name not in _FIELDS or not isinstance(value, _FIELDS[name]):
                raise ValueError(f"{name}: not a field of a token request, or of the wrong type")
        if "email" not in asked:
            raise ValueError("email: is missing")
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": asked.get("audience", AUDIENCE),
            "sub": asked.get("sub") or f"dev|{hashlib.sha256(asked['email'].lower().encode()).hexdigest()[:16]}",
            "iat": now,
            "exp": now + asked.get("expires_in", _HOUR),
            "email": asked["email"],
            "email_verified": asked.get("email_verified", True),
            "groups": asked.get("groups", []),
            **{name: asked[name] for name in ("given_name", "family_name") if name in asked},
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})


@contextmanager
def dev_issuer(*, port: int) -> Iterator[Issuer]:
    """Serves an issuer on 127.0.0.1 until the block ends. Port 0 takes any free one; ``url`` says which."""
    server = ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(issuer)
    thread = Thread(target=server.serve_forever, name="dev-issuer", daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages: dict[str, dict[str, Any]] = {
                "/.well-known/jwks.json": issuer.jwks,
                "/.well-known/openid-configuration": {
                    "issuer": issuer.url,
                    "jwks_uri": f"{issuer.url}/.well-known/jwks.json",
                    "token_endpoint": f"{issuer.url}/token",
                },
            }
            if self.path in pages:
                self._answer(HTTPStatus.OK, pages[self.path])
            else:
                self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if self.path != "/token":
                self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})
                return
            try:
                asked = json.loads(body)
                if not isinstance(asked, dict):
                    raise ValueError("a JSON object is expected")  # noqa: TRY004, TRY301 -- answered like the others
                token = issuer.token(asked)
            except ValueError as error:
                self._answer(HTTPStatus.BAD_REQUEST, {"error": "invalid_request", "error_description": str(error)})
            else:
                self._answer(HTTPStatus.OK, {"access_token": token, "token_type": "Bearer"})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
            """Says nothing: requests carry addresses."""

        def _answer(self, status: HTTPStatus, document: dict[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
