"""Who asks DynamoDB, and where: Signature Version 4 for requests that all have the same headers."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from botocore.auth import SIGV4_TIMESTAMP
from botocore.compat import get_current_datetime

from chalicelib.frozen import frozen

CONTENT_TYPE: Final = "application/x-amz-json-1.0"
SERVICE: Final = "dynamodb"


@frozen
class Target:
    """Where calls go: the address, the host and the region that are signed, and headers that the address asks for."""

    url: str
    host: str
    region: str
    context: Mapping[str, Any]
    headers: Mapping[str, str]


class SigningKey:
    """The key of Signature Version 4, kept for the day and the credentials that it is for."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[str, str, str], bytes] | None = None

    def of(self, secret: str, day: str, region: str) -> bytes:
        """The key of that day (``yyyymmdd``) for DynamoDB in that region."""
        wanted, kept = (secret, day, region), self._kept
        if kept is None or kept[0] != wanted:
            key = f"AWS4{secret}".encode()
            for part in (day, region, SERVICE, "aws4_request"):
                key = _hmac(key, part)
            kept = self._kept = wanted, key
        return kept[1]


def signed(operation: str, body: bytes, target: Target, credentials: Any, keys: SigningKey) -> dict[str, str]:
    """The headers that prove who asks, by Signature Version 4; ``operation`` is the header ``X-Amz-Target``."""
    time = get_current_datetime().strftime(SIGV4_TIMESTAMP)
    named = {"content-type": CONTENT_TYPE, "host": target.host, "x-amz-date": time}
    headers = {"X-Amz-Date": time}
    if credentials.token:
        named["x-amz-security-token"] = headers["X-Amz-Security-Token"] = credentials.token
    named["x-amz-target"] = operation
    names = ";".join(named)
    lines = "\n".join(f"{name}:{value}" for name, value in named.items())
    canonical = f"POST\n/\n\n{lines}\n\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{time[:8]}/{target.region}/{SERVICE}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(keys.of(credentials.secret_key, time[:8], target.region), text).hex()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
