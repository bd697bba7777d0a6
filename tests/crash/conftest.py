"""Fixtures: one deployment for a module; the crashes rewind its tables."""

from tests.integration.conftest import tables

__all__ = ["tables"]
