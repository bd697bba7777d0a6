"""API Gateway for tests: turns a request into the proxy event of a REST API, and the function's answer back.

Unlike Chalice's own test client it routes as the gateway does (an unknown path or method never reaches the
function), takes OPTIONS, and leaves path parameters encoded.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.api.web.on_demand import OnDemand
from tests.documented import must_be_documented


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def code(self) -> str | None:
        """The stable code of a refusal."""
        if self.headers.get("Content-Type") != "application/problem+json":
            return None
        return str(self.json["code"])


@dataclass(slots=True)
class Context:
    """The Lambda context, as far as anybody looks."""

    aws_request_id: str = "test-request"
    function_name: str = "api"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:api"

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 20_000


class Gateway:
    """Calls the app as API Gateway would."""

    def __init__(self, app: OnDemand) -> None:
        self._app = app
        app.register_all()  # a gateway knows every path
        self._routes = [(path, _pattern(path), methods) for path, methods in app.routes.items()]
        self._requests = 0

    def request(
        self,
        method: str,
        url: str,
        *,
        json_body: Any = None,
        raw_body: str | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Sends one request; what is not said is not sent."""
        sent = dict(headers or {})
        body = raw_body
        if json_body is not None:
            body = json.dumps(json_body)
            sent.setdefault("Content-Type", "application/json")
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        event = self._event(method, url, sent, body)
        if event is None:
            return Response(404, {}, '{"code": "route_not_found"}')
        answer = self._app(event, Context())
        merged = dict(answer.get("headers") or {})
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            merged[name] = ",".join(values)
        response = Response(answer["statusCode"], merged, answer["body"])
        must_be_documented(method, event["resource"], response.status, response.code)
        return response

    def _event(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> dict[str, Any] | None:
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True) if parts.query else None
        for path, pattern, methods in self._routes:
            match = pattern.fullmatch(parts.path)
            if match and method in methods:
                self._requests += 1
                return {
                    "resource": path,
                    "path": parts.path,
                    "httpMethod": method,
                    "headers": dict(headers),
                    "multiValueHeaders": {name: [value] for name, value in headers.items()},
                    "queryStringParameters": {name: each[-1] for name, each in query.items()} if query else None,
                    "multiValueQueryStringParameters": query,
                    "pathParameters": match.groupdict() or None,
                    "stageVariables": None,
                    "requestContext": {
                        "resourcePath": path,
                        "httpMethod": method,
                        "path": f"/api{parts.path}",
                        "stage": "api",
                        "requestId": f"request-{self._requests}",
                        "identity": {"sourceIp": "203.0.113.7"},
                    },
                    "body": body,
                    "isBase64Encoded": False,
                }
        return None


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
