"""Does an operation once more when something it had read changed before it could write."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from chalicelib.domain.errors import Changed, LoginsNotCounted
from chalicelib.operations import count_logins

P = ParamSpec("P")
R = TypeVar("R")

_TRIES = 4


def reading_again(operation: Callable[P, R]) -> Callable[P, R]:
    """Wraps an operation whose reads may be overtaken; after a few tries the Changed (503) stands.

    An account whose counters are from before logins counted is brought up to date in between.
    """

    @functools.wraps(operation)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(_TRIES - 1):
            try:
                return operation(*args, **kwargs)
            except LoginsNotCounted as before:
                count_logins.of_account(before.account_id)
            except Changed:
                continue
        return operation(*args, **kwargs)

    return wrapper
