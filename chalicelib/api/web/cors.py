"""CORS for the configured origins, on answers and errors alike."""

from collections.abc import Iterable

from chalicelib import settings

_EXPOSED = "Idempotency-Replayed, Location, Retry-After, WWW-Authenticate, X-Request-Id"
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match"
_PREFLIGHT_SECONDS = "600"


def headers(origin: str | None) -> dict[str, str]:
    """The headers of an answer to that origin; none for one that is not configured."""
    if origin is None or origin not in settings.current().allowed_origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }


def preflight_headers(origin: str | None, methods: Iterable[str]) -> dict[str, str]:
    """The headers of the answer to a preflight of a path with those methods."""
    allowed = headers(origin)
    if "Access-Control-Allow-Origin" in allowed:
        allowed |= {
            "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
            "Access-Control-Allow-Headers": _REQUEST_HEADERS,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }
    return allowed
