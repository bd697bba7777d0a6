"""The way of a call to DynamoDB: what botocore works out again for each call is worked out once.

The JSON protocol of DynamoDB needs no description of shapes: what the store asks is the body, and the answer is a
body. The client stays botocore's: its credentials, its connections, its hooks, its time-outs. An attempt that does
not end well goes through its parser and its retries, so errors, pauses and the number of attempts are botocore's too.
"""

import base64
import json
import zlib
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.auth import _host_from_url  # type: ignore[attr-defined]  # it knows which ports are not written
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.endpoint import convert_to_response_dict
from botocore.hooks import first_non_none_response

from chalicelib.store.signature import CONTENT_TYPE, SERVICE, SigningKey, Target, signed

_OPERATIONS: Final = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
_DONE: Final = 200
_FIRST_ERROR: Final = 300
_BINARY: Final = (b'"B"', b'"BS"')

Answer = tuple[AWSResponse, dict[str, Any]]
"""What came over the wire, and what it says."""


def use_direct(client: Any) -> None:
    """Calls of this client of botocore's take the direct way from now on, where it knows the operation."""
    client._make_api_call = DirectTransport(client)  # noqa: SLF001 -- where all calls of a client come through


class DirectTransport:
    """Replaces ``_make_api_call`` of one client. Threads may share it."""

    def __init__(self, client: Any) -> None:
        self._botocore = client._make_api_call  # noqa: SLF001 -- the way of all other calls
        self._client = client
        self._endpoint = client._endpoint  # noqa: SLF001 -- it sends, and decides what is tried again
        self._signer = client._request_signer  # noqa: SLF001 -- it keeps the credentials
        self._events = client.meta.events
        service = client.meta.service_model
        self._operations = {name: service.operation_model(name) for name in _OPERATIONS}
        self._parser = self._endpoint._response_parser_factory.create_parser(service.resolved_protocol)  # noqa: SLF001 -- its parser
        self._user_agent: str | None = None
        self._targets: dict[str | None, Target | None] = {}
        self._signing_key = SigningKey()

    def __call__(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """The answer to that call; raises what botocore raises."""
        model = self._operations.get(operation)
        if model is None or (operation == "TransactWriteItems" and "ClientRequestToken" not in params):
            return self._botocore(operation, params)  # type: ignore[no-any-return]  # botocore is not typed
        target = self._target()
        if target is None:
            return self._botocore(operation, params)  # type: ignore[no-any-return]  # botocore is not typed
        request = self._request(model, target, params)
        http, said = self._hooked(model, target, request)
        if http.status_code >= _FIRST_ERROR:
            error = self._client.exceptions.from_code(said.get("Error", {}).get("Code"))
            raise error(said, operation)
        return said

    def _target(self) -> Target | None:
        """The endpoint by botocore's rules, once per account (the rules look at it); None when it is unusual."""
        credentials = self._signer._credentials  # noqa: SLF001 -- they may be refreshed, but not replaced
        if credentials is None:
            return None
        account = credentials.get_frozen_credentials().account_id
        if account not in self._targets:
            self._targets[account] = self._resolved()
        return self._targets[account]

    def _resolved(self) -> Target | None:
        meta, model = self._client.meta, self._operations["GetItem"]
        context: dict[str, Any] = {
            "client_region": meta.region_name,
            "client_config": meta.config,
            "has_streaming_input": False,
            "auth_type": model.resolved_auth_type,
        }
        url, headers, _ = self._client._resolve_endpoint_ruleset(model, {}, context)  # noqa: SLF001 -- its rules
        signing = context.get("signing", {})
        parts = urlsplit(url)
        usual = context["auth_type"] in (None, "v4") and parts.path in ("", "/") and not parts.query
        if not usual or signing.get("signing_name", SERVICE) != SERVICE or meta.config.signature_version != "v4":
            return None
        self._user_agent = self._client._user_agent_creator.to_string()  # noqa: SLF001 -- as botocore names itself
        return Target(
            url=f"{parts.scheme}://{parts.netloc}/",
            host=_host_from_url(url),
            region=signing.get("region", meta.region_name),
            context=context,
            headers={name: ",".join(values) for name, values in headers.items()},
        )

    def _request(self, model: Any, target: Target, params: dict[str, Any]) -> dict[str, Any]:
        """The request in botocore's form, for those who listen; it is signed at each attempt."""
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{model.name}",
            "Content-Type": CONTENT_TYPE,
            "User-Agent": self._user_agent,
            **target.headers,
        }
        return {
            "method": "POST",
            "url_path": "/",
            "query_string": "",
            "url": target.url,
            "headers": headers,
            "body": json.dumps(params, default=_base64).encode(),
            "context": dict(target.context),
        }

    def _hooked(self, model: Any, target: Target, request: dict[str, Any]) -> Answer:
        context = request["context"]
        _, answer = self._events.emit_until_response(
            f"before-call.dynamodb.{model.name}",
            model=model, params=request, request_signer=self._signer, context=context,
        )  # fmt: skip
        if answer is None:
            answer = self._tried(model, target, request)
        http, said = answer
        self._events.emit(
            f"after-call.dynamodb.{model.name}", http_response=http, parsed=said, model=model, context=context
        )
        return http, said

    def _tried(self, model: Any, target: Target, request: dict[str, Any]) -> Answer:
        """The answer to as many attempts as botocore makes, with its pauses between them."""
        attempts = 1
        answer: Answer | None = None
        while True:
            self._endpoint._update_retries_context(request["context"], attempts, answer)  # noqa: SLF001 -- for its headers
            answer, error = self._attempt(model, target, request)
            if attempts == 1 and answer is not None and _is_whole(answer[0]):
                break
            if not self._endpoint._needs_retry(attempts, model, request, answer, error):  # noqa: SLF001 -- it pauses too
                break
            attempts += 1
        if answer is None:
            raise error or AssertionError("neither an answer nor an error")
        answer[1].setdefault("ResponseMetadata", {})["RetryAttempts"] = attempts - 1
        return answer

    def _attempt(self, model: Any, target: Target, request: dict[str, Any]) -> tuple[Answer | None, Exception | None]:
        headers: Any = self._headers(target, request)
        prepared = AWSPreparedRequest("POST", target.url, headers, request["body"], stream_output=False)
        try:
            heard = self._events.emit(f"before-send.dynamodb.{model.name}", request=prepared)
            http = first_non_none_response(heard)
            if http is None:
                http = self._endpoint._send(prepared)  # noqa: SLF001 -- over its kept connections, with its errors
        except Exception as error:  # noqa: BLE001 -- what is tried again, botocore decides, as it does for its own
            return None, error
        return (http, self._said(model, http)), None

    def _headers(self, target: Target, request: dict[str, Any]) -> dict[str, str]:
        """All headers of an attempt, signed now."""
        retries = request["context"]["retries"]
        retries["max"] = self._client.meta.config.retries["total_max_attempts"]
        said = "; ".join(f"{key}={retries[key]}" for key in ("ttl", "attempt", "max") if key in retries)
        credentials = self._signer._credentials.get_frozen_credentials()  # noqa: SLF001 -- refreshed when they end soon
        headers = dict(request["headers"])
        headers |= signed(headers["X-Amz-Target"], request["body"], target, credentials, self._signing_key)
        headers["amz-sdk-invocation-id"] = retries["invocation-id"]
        headers["amz-sdk-request"] = said
        headers["Content-Length"] = str(len(request["body"]))
        return headers

    def _said(self, model: Any, http: AWSResponse) -> dict[str, Any]:
        """The answer as botocore would give it; it parses what is an error, binary or no JSON itself."""
        content = http.content
        if http.status_code == _DONE and not any(sign in content for sign in _BINARY):
            try:
                said = json.loads(content)
            except ValueError:
                said = None
            if isinstance(said, dict):
                said["ResponseMetadata"] = _metadata(http)
                return said
        response = convert_to_response_dict(http, model)
        parsed: dict[str, Any] = self._parser.parse(response, model.output_shape)
        if http.status_code >= _FIRST_ERROR:
            self._endpoint._add_modeled_error_fields(response, parsed, model, self._parser)  # noqa: SLF001 -- reasons, items
        return parsed


def _is_whole(http: AWSResponse) -> bool:
    """Whether it succeeded and its checksum, if it has one, is right."""
    if http.status_code != _DONE:
        return False
    checksum = http.headers.get("x-amz-crc32")
    return checksum is None or checksum == str(zlib.crc32(http.content))


def _metadata(http: AWSResponse) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in http.headers.items()}
    metadata = {"HTTPStatusCode": http.status_code, "HTTPHeaders": headers}
    if "x-amzn-requestid" in headers:
        metadata["RequestId"] = headers["x-amzn-requestid"]
    return metadata


def _base64(value: Any) -> str:
    """Binary values as JSON; everything else of a request is JSON already."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"not a value of DynamoDB: {type(value).__name__}")
