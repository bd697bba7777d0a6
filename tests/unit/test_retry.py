"""Each retry of an operation has its own, later time (R40)."""

import inspect
import pkgutil
from datetime import datetime, timedelta
from importlib import import_module

import pytest
import time_machine

from chalicelib import operations
from chalicelib.domain.errors import Changed
from chalicelib.operations import retry
from chalicelib.operations.retry import retry_on_change
from tests.unit.builders import NOW


def test_each_attempt_has_the_time_at_which_it_starts() -> None:
    """R17, R40: what has expired by then is expired, and its events have that time."""
    with time_machine.travel(NOW, tick=False) as clock:
        tries: list[datetime] = []

        @retry_on_change
        def operation(*, now: datetime) -> None:
            tries.append(now)
            clock.shift(timedelta(seconds=1))
            if len(tries) < 3:
                raise Changed

        operation(now=NOW)
    assert tries == [NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2)]


def test_a_run_with_a_future_time_keeps_it() -> None:
    """R20."""
    tries: list[datetime] = []
    moment = datetime.now(NOW.tzinfo) + timedelta(days=2)

    @retry_on_change
    def operation(*, now: datetime) -> None:
        tries.append(now)
        raise Changed

    with pytest.raises(Changed):
        operation(now=moment)
    assert set(tries) == {moment}


def test_every_retried_operation_takes_its_time_by_name() -> None:
    """R40: passed in another way, it would be the first attempt's time in all of them."""
    wrapped = 0
    for found in pkgutil.walk_packages(operations.__path__, "chalicelib.operations."):
        module = import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__code__.co_filename != retry.__file__ or function.__module__ != found.name:
                continue  # not wrapped, or from another module
            wrapped += 1
            parameters = inspect.signature(function).parameters
            timed = [each for each in parameters.values() if each.name == "now"]
            assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in timed), f"{found.name}.{name}"
    assert wrapped > 25
