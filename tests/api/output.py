"""What the service writes: its log lines and metrics, which both end up in CloudWatch."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from chalicelib import observability


@contextmanager
def written() -> Iterator[io.StringIO]:
    """Collects every line that the service logs or counts in the block, as it would leave the process."""
    output = io.StringIO()
    handlers = [each for each in observability.logger().handlers if isinstance(each, logging.StreamHandler)]
    assert handlers
    streams = [(handler, handler.setStream(output)) for handler in handlers]
    try:
        with redirect_stdout(output):
            yield output
    finally:
        for handler, stream in streams:
            handler.setStream(stream)
