"""The local stack, booted once for all tests that need a real one; their conftests load this as a plugin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.demo import SETTINGS
from devstack.portal import Portal
from devstack.stack import MINISTACK, Stack, running_stack

CHOICES = ("AWS_PORT", "ZUORA_PORT", "ISSUER_PORT", "STACK_DIR", "PERSIST")
"""What a developer may have set for their own stack, which is not this one."""


@pytest.fixture(scope="session")
def stack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running stack keeps its files."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(stack_folder: Path) -> Iterator[Stack]:
    """A running stack in a folder of its own, in which no minute has to go by before a mail is sent again."""
    if not MINISTACK.exists():  # `make test` sets it up; who runs pytest alone may do without
        pytest.skip("the local stack is not set up: `make setup` brings it")
    with pytest.MonkeyPatch.context() as environment:
        for name in CHOICES:
            environment.delenv(name, raising=False)
        with running_stack(folder=stack_folder, overrides=SETTINGS) as running:
            yield running


@pytest.fixture(scope="session")
def portal(stack: Stack) -> Portal:
    """Calls the running stack as a portal would."""
    return Portal(stack)
