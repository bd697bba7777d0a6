"""Fixtures for tests of the whole local stack."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Loads the stack; whoever needs it gets the same one."""
    config.pluginmanager.import_plugin("tests.stack")
