"""Compares answers byte by byte."""

import json

from tests.gateway import Response


def anonymised(response: Response) -> str:
    """A refusal without its request id, which appears both in a header and in the body."""
    document = json.loads(response.text)
    headers = dict(response.headers)
    assert headers.pop("X-Request-Id") == document.pop("request_id")
    return json.dumps([response.status, document, sorted(headers.items())])
