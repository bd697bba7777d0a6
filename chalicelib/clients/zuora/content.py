"""The bytes of an answer, bounded."""

from urllib3 import BaseHTTPResponse

from chalicelib.failures import Retryable

LARGEST_ANSWER = 8_000_000  # bytes, unpacked; forty subscriptions with all of their segments are under two million
_CHUNK = 65_536


def content_of(response: BaseHTTPResponse) -> bytes:
    """The body, unpacked; its connection can be used again. Raises Retryable for one without end, HTTPError."""
    content, is_whole = bytearray(), False
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > LARGEST_ANSWER:
                raise Retryable("Zuora's answer is too large")
        is_whole = True
    finally:
        (response.release_conn if is_whole else response.close)()
    return bytes(content)
