"""GET /health and /openapi.json: what answers here, without touching anything."""

from functools import cache

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api.http import Answer, Call, SignIn, endpoint
from chalicelib.api.openapi import OpenApi, document
from chalicelib.api.schemas import Health

bp = Blueprint(__name__)


@endpoint(bp, "GET", "/health", tag="service", answers=Health, sign_in=SignIn.NONE)
def health(_call: Call) -> Answer:
    """Says which version answers."""
    return Answer(Health(status="ok", version=settings.current().version))


@endpoint(bp, "GET", "/openapi.json", tag="service", answers=OpenApi, sign_in=SignIn.NONE)
def openapi(_call: Call) -> Answer:
    """The OpenAPI 3.1 document of this API."""
    return Answer(_document())


@cache
def _document() -> OpenApi:
    return OpenApi(document())
