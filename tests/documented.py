"""Checks every answer in a test against the API's description of its route (R60, S4)."""

import json
from functools import cache
from typing import Any

from devstack import openapi

UNDOCUMENTED = frozenset({"internal_error"})
"""A fault of ours is no part of the contract."""


@cache
def _described() -> dict[tuple[str, str], dict[str, Any]]:
    paths = json.loads(openapi.text())["paths"]
    return {
        (path, method.upper()): operation["responses"]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def must_be_documented(method: str, path: str, status: int, code: str | None) -> None:
    """Refuses an answer whose status, or whose code, the description of that route does not name."""
    responses = _described().get((path, method))
    if responses is None or code in UNDOCUMENTED:
        return
    said = responses.get(str(status))
    where = f"{method} {path} answered {status} {code or ''}".strip()
    assert said is not None, f"{where}; its description has {sorted(responses)}: add the status to its @endpoint"
    if code is not None:
        assert f"`{code}`" in said["description"], f"{where}; add the refusal to `refusals` of its @endpoint"
