"""GET /health and /openapi.json: the version and the API description, without reading anything."""

from functools import cache
from typing import Literal, cast

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api.web.answers import AnswerModel
from chalicelib.api.web.http import Request, Response, SignIn, endpoint
from chalicelib.api.web.on_demand import OnDemand
from chalicelib.api.web.openapi import OpenApi, document

bp = Blueprint(__name__)


class Health(AnswerModel):
    """The service answers, and in which version."""

    status: Literal["ok"]
    version: str


@endpoint(bp, "GET", "/health", tag="service", answers=Health, sign_in=SignIn.NONE)
def health(_call: Request) -> Response:
    """Returns the version."""
    return Response(Health(status="ok", version=settings.current().version))


@endpoint(bp, "GET", "/openapi.json", tag="service", answers=OpenApi, sign_in=SignIn.NONE)
def openapi(_call: Request) -> Response:
    """The OpenAPI 3.1 document of this API."""
    return Response(_document())


@cache
def _document() -> OpenApi:
    cast(OnDemand, bp.current_app).register_all()
    return OpenApi(document())
