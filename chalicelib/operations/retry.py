"""Does an operation once more when something it had read changed before it could write.

A further try is later than the one before, and everything in it is judged and dated by its own time: what is over by
then is over, and what happens by it happened after what had overtaken it.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from chalicelib import clock
from chalicelib.domain.errors import Changed, LoginsNotCounted
from chalicelib.operations import count_logins

P = ParamSpec("P")
R = TypeVar("R")

_TRIES = 4


def retry_on_change(operation: Callable[P, R]) -> Callable[P, R]:
    """Wraps an operation whose reads may be overtaken; after a few tries Changed (503) is raised.

    The operation takes its time as the keyword ``now`` or in the keyword ``context``, if it takes one.
    An account whose counters are from before logins counted is brought up to date in between.
    """

    @functools.wraps(operation)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        timed: dict[str, Any] = dict(kwargs)
        for _ in range(_TRIES - 1):
            try:
                return operation(*args, **timed)
            except LoginsNotCounted as before:
                count_logins.of_account(before.account_id)
            except Changed:
                pass
            if "now" in timed:
                timed["now"] = clock.not_before(timed["now"])
            if "context" in timed:
                timed["context"] = timed["context"].later()
        return operation(*args, **timed)

    return wrapper
