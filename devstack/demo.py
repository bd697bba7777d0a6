"""The story that `make demo` plays through the public API."""

import json
import urllib.request

from devstack.problems import StackProblem
from devstack.stack import Stack


def play(stack: Stack) -> None:
    """Plays every step; raises StackProblem at the first that does not do what it should."""
    with urllib.request.urlopen(f"{stack.api_url}/health") as response:
        answer = json.load(response)
    if answer["status"] != "ok":
        raise StackProblem(f"GET /health answered {answer}")
    print("GET /health", answer)
