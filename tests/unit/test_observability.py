"""Logs and metrics: one JSON line each, with the fields of the list and nothing personal (S16)."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from chalicelib import observability, settings
from tests.captured_output import written

ADDRESS = "carl@acme.example"


class Quiet:
    """As much of the settings as logs and metrics read."""

    log_level = "INFO"
    stage = "local"


class Lines:
    """What was logged and counted since the last look."""

    def __init__(self, logged: io.StringIO, printed: pytest.CaptureFixture[str]) -> None:
        self._written, self._printed = logged, printed

    def read(self) -> list[dict[str, object]]:
        """The lines of the logger, then those of the metrics."""
        whole = self._written.getvalue() + self._printed.readouterr().out
        self._written.seek(0)
        self._written.truncate()
        return [json.loads(line) for line in whole.splitlines()]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What is written from now on (pytest changes where ``print`` goes between set-up and test)."""
    monkeypatch.setattr(settings, "current", Quiet)
    with written() as logged:
        yield Lines(logged, capsys)


def log_raised(error: Exception, **fields: object) -> None:
    """Logs the error as an edge of the process does that has caught it."""
    try:
        raise error
    except type(error):
        observability.log_exception("unhandled", **fields)


def test_a_line_says_what_happened_in_the_fields_of_the_list(lines: Lines) -> None:
    observability.log("request", request_id="r1", status=200, code=None)
    (line,) = lines.read()
    assert (line["message"], line["request_id"], line["status"]) == ("request", "r1", 200)
    assert line["level"] == "INFO"
    assert line["service"] == "billing-managers"
    assert "code" not in line


@pytest.mark.parametrize("field", ["email", "token", "name", "address", "body"])
def test_a_field_that_is_not_on_the_list_is_refused(lines: Lines, field: str) -> None:
    """I6, S16: a new call cannot leak by accident, not even with its failures."""
    with pytest.raises(ValueError, match=field):
        observability.log("request", level=logging.INFO, **{field: ADDRESS})
    with pytest.raises(ValueError, match=field):
        observability.log_exception("failed", **{field: ADDRESS})
    assert lines.read() == []


def test_no_field_of_the_list_is_personal() -> None:
    """S16."""
    personal = {"email", "address", "name", "first_name", "last_name", "token", "link", "message", "body", "ip", "sub"}
    assert not observability.FIELDS & personal


def test_an_error_is_a_line_of_its_own_level(lines: Lines) -> None:
    observability.log("request", level=logging.ERROR, status=500)
    (line,) = lines.read()
    assert line["level"] == "ERROR"


def test_an_exception_is_logged_with_its_place_but_without_its_text(lines: Lines) -> None:
    """I6, S16: the text of an exception may quote what people typed."""
    log_raised(ValueError(f"not an address: {ADDRESS}"), request_id="r1")
    (line,) = lines.read()
    assert ADDRESS not in json.dumps(line)
    assert line["request_id"] == "r1"
    error = line["error"]
    assert isinstance(error, dict)
    assert error["type"] == "ValueError"
    assert error["aws_code"] is None
    assert any("test_observability.py" in frame for frame in error["trace"])


def test_an_error_of_aws_is_logged_with_its_code(lines: Lines) -> None:
    log_raised(ClientError({"Error": {"Code": "AccessDenied", "Message": f"for {ADDRESS}"}}, "PutItem"))
    (line,) = lines.read()
    assert ADDRESS not in json.dumps(line)
    error = line["error"]
    assert isinstance(error, dict)
    assert error["aws_code"] == "AccessDenied"


def test_without_an_exception_there_is_nothing_to_tell(lines: Lines) -> None:
    observability.log_exception("strange")
    (line,) = lines.read()
    assert line["error"] == {"type": "", "aws_code": None, "trace": []}


def test_the_modules_of_the_service_write_through_the_same_logger(lines: Lines) -> None:
    logging.getLogger("chalicelib.store.transaction").info("transaction conflict")
    (line,) = lines.read()
    assert (line["message"], line["service"]) == ("transaction conflict", "billing-managers")


def test_a_metric_is_a_line_that_cloudwatch_reads(lines: Lines) -> None:
    observability.count("Requests", operation="invite", outcome="ok")
    observability.count("RelayLag", 12, milliseconds=True)
    first, second = lines.read()
    assert first["Requests"] == [1.0]
    assert (first["operation"], first["outcome"]) == ("invite", "ok")
    assert second["RelayLag"] == [12.0]
    assert (second["service"], second["stage"]) == ("billing-managers", "local")
    assert "Requests" not in second
    assert "operation" not in second
    assert "Milliseconds" in json.dumps(second)
