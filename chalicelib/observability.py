"""Logs and metrics: one JSON line for each request and message, with ids and outcomes and nothing personal.

Only the fields named here get out (``FIELDS``): an allow-list, so that a new call cannot leak by accident.
"""

import logging
import sys
import traceback
from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit

from chalicelib import settings

SERVICE = "billing-managers"
NAMESPACE = "BillingManagers"

FIELDS = frozenset(
    {
        "account_id",
        "attempt",
        "caller",
        "code",
        "contact_id",
        "count",
        "customer_id",
        "done_before",
        "duration_ms",
        "error",
        "event_id",
        "event_type",
        "expired",
        "failed",
        "function",
        "invitation_id",
        "lag_ms",
        "left",
        "left_out",
        "manager_id",
        "message_id",
        "method",
        "possible_duplicates",
        "reason",
        "reminded",
        "replayed",
        "request_id",
        "route",
        "scrubbed",
        "sent",
        "state",
        "status",
        "transfer_id",
        "waiting",
    }
)


@cache
def logger() -> Logger:
    """The JSON logger; the modules' own loggers write through it too."""
    made = Logger(service=SERVICE, level=settings.current().log_level, log_uncaught_exceptions=False)
    logging.getLogger("chalicelib")  # registered before it is looked for; the modules' loggers hand up to it
    copy_config_to_registered_loggers(source_logger=made, include={"chalicelib"})
    return made


@cache
def _metrics() -> Metrics:
    made = Metrics(namespace=NAMESPACE, service=SERVICE)
    made.set_default_dimensions(stage=settings.current().stage)
    return made


def log(outcome: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Writes one line. Refuses with ValueError a field that is not on the list."""
    _refuse_unknown(fields)
    said = {name: value for name, value in fields.items() if value is not None}
    write = logger().error if level >= logging.ERROR else logger().info
    write(outcome, extra=said)


def log_exception(outcome: str, /, **fields: object) -> None:
    """Writes the current exception with its traceback, but without its text: that may quote what people typed."""
    _refuse_unknown(fields)
    logger().error(outcome, extra={**fields, "error": _where()})


def count(metric: str, value: float = 1, *, milliseconds: bool = False, **dimensions: str) -> None:
    """Counts a metric (EMF: a log line that CloudWatch reads)."""
    metrics = _metrics()
    for name, dimension in dimensions.items():
        metrics.add_dimension(name, dimension)
    metrics.add_metric(name=metric, unit=MetricUnit.Milliseconds if milliseconds else MetricUnit.Count, value=value)
    metrics.flush_metrics()
    metrics.clear_metrics()


def _refuse_unknown(fields: Mapping[str, object]) -> None:
    unknown = fields.keys() - FIELDS
    if unknown:
        raise ValueError(f"not a field of our logs: {sorted(unknown)}")


def _where() -> Mapping[str, object]:
    kind, error, trace = sys.exc_info()
    said = getattr(error, "response", {}).get("Error", {}).get("Code")  # botocore: a code of AWS, never a text
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
    return {"type": kind.__name__ if kind else "", "aws_code": said, "trace": frames}
