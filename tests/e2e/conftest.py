"""Fixtures for tests of the whole local stack."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Loads the stack plugin; every test that needs the stack shares it."""
    config.pluginmanager.import_plugin("tests.stack")
