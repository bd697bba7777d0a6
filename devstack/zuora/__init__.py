"""A fake Zuora tenant for the local stack and the tests: HTTP on 127.0.0.1, records in memory, faults to switch on."""

from devstack.zuora.fake import FakeZuora
from devstack.zuora.server import fake_zuora

__all__ = ["FakeZuora", "fake_zuora"]
