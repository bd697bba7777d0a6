"""OAuth client credentials: who may have a token, and which tokens still count."""

import threading
import uuid
from collections.abc import Callable
from urllib.parse import parse_qsl

from devstack.zuora.answers import Answer, json_answer
from devstack.zuora.calls import Call

LIFETIME_SECONDS = 3599
CALLS_PER_MINUTE = 100  # per address, as the headers say; not enforced here


class Tokens:
    """Issues tokens for one pair of credentials, which can be rotated."""

    def __init__(self, *, client_id: str, client_secret: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._expiries: dict[str, float] = {}
        self._credentials = (client_id, client_secret)

    def rotate(self, *, client_id: str, client_secret: str) -> None:
        """From now on only the new pair gets tokens, and none issued before counts."""
        with self._lock:
            self._credentials = (client_id, client_secret)
            self._expiries.clear()

    def revoke_all(self) -> None:
        """Every token issued so far is refused from now on."""
        with self._lock:
            self._expiries.clear()

    def accepts(self, authorization: str) -> bool:
        """Whether this header carries a token that still counts."""
        kind, _, token = authorization.partition(" ")
        with self._lock:
            return kind.casefold() == "bearer" and self._expiries.get(token, 0) > self._clock()

    def issue(self, call: Call) -> Answer:
        """POST /oauth/token. What Zuora says to a wrong pair or form is not known; here 401 and 400."""
        form = dict(parse_qsl(call.content.decode(errors="replace")))
        content_type = call.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        if content_type != "application/x-www-form-urlencoded" or form.get("grant_type") != "client_credentials":
            return json_answer({"message": "A form with grant_type=client_credentials is needed."}, status=400)
        token = uuid.uuid4().hex
        with self._lock:
            if (form.get("client_id"), form.get("client_secret")) != self._credentials:
                return json_answer({"message": "Invalid client id or client secret."}, status=401)
            self._expiries[token] = self._clock() + LIFETIME_SECONDS
        body = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": "user.local service.local tenant.1",
            "jti": uuid.uuid4().hex,
        }
        limit = str(CALLS_PER_MINUTE)
        return json_answer(body, headers={"X-RateLimit-Limit-minute": limit, "X-RateLimit-Remaining-minute": limit})
