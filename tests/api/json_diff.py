"""Comparing answers to the byte."""

import json

from tests.gateway import Response


def anonymised(response: Response) -> str:
    """Everything about a refusal but the id of its request, which header and body name alike."""
    document = json.loads(response.text)
    headers = dict(response.headers)
    assert headers.pop("X-Request-Id") == document.pop("request_id")
    return json.dumps([response.status, document, sorted(headers.items())])
