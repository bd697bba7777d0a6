"""What the service logs, read by a test (its handlers keep the stream that they were made with)."""

import io
import logging
import sys

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib import observability


def redirected(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Where all loggers of the service write from now on."""
    observability.logger()
    written = io.StringIO()
    for name in (observability.SERVICE, "chalicelib"):
        for handler in logging.getLogger(name).handlers:
            ours = isinstance(handler.formatter, LambdaPowertoolsFormatter)  # pytest has handlers here too
            if ours and isinstance(handler, logging.StreamHandler):
                handler.setStream(sys.__stdout__)  # it may have been made with a stream of this test alone
                monkeypatch.setattr(handler, "stream", written)
    return written
