"""Fixtures: one deployment per module; each crash restores its tables."""

from tests.integration.conftest import tables

__all__ = ["tables"]
