"""What the service writes: its log lines and metrics, which both end up in CloudWatch."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib import observability


@contextmanager
def written() -> Iterator[io.StringIO]:
    """Collects every line that the service logs or counts in the block, as it would leave the process."""
    output = io.StringIO()
    handlers = _handlers()
    assert handlers
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output):
        for handler in handlers:  # not by ``setStream``: it flushes the old stream, which may be closed
            patch.setattr(handler, "stream", output)
        yield output


def _handlers() -> list[logging.StreamHandler[io.TextIOBase]]:
    """Those of the service's loggers; pytest has handlers there too."""
    observability.logger()
    return [
        handler
        for name in (observability.SERVICE, "chalicelib")
        for handler in logging.getLogger(name).handlers
        if isinstance(handler, logging.StreamHandler) and isinstance(handler.formatter, LambdaPowertoolsFormatter)
    ]
