"""Connections to Zuora that keep the deadline at every read, however slowly an answer comes, head and body alike.

A read timeout alone bounds the pause between two bytes: a byte every five seconds would pass it for hours.
"""

import io
from http.client import HTTPResponse
from socket import SocketIO, socket
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

from chalicelib import deadline

CONNECT_SECONDS, READ_SECONDS = 2, 10


def new_pool(read_seconds: float = READ_SECONDS) -> PoolManager:
    """Connections that never retry by themselves: urllib3's own retries would sleep and resend inside one call."""
    timeout = Timeout(connect=CONNECT_SECONDS, read=read_seconds)
    pool = PoolManager(maxsize=4, retries=False, timeout=timeout)
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


class _Watched(io.RawIOBase):
    """What comes in on a socket, each read with no more time than is left; TimeoutError when none is."""

    def __init__(self, connection: socket) -> None:
        self._socket = connection
        self._longest = connection.gettimeout()
        self._incoming: SocketIO = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """As SocketIO does."""
        seconds = deadline.left()
        if seconds is not None:
            if seconds <= 0:
                raise TimeoutError("the deadline is over")
            self._socket.settimeout(seconds if self._longest is None else min(seconds, self._longest))
        return self._incoming.readinto(buffer)

    def close(self) -> None:
        """Lets the socket go."""
        self._incoming.close()
        super().close()


class _Openable:
    """As much of a socket as http.client's response takes."""

    def __init__(self, connection: socket) -> None:
        self._socket = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Watched(self._socket))


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *others: Any, **named: Any) -> None:
        super().__init__(_Openable(sock), *others, **named)  # type: ignore[arg-type]  # opens it for reading, no more


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
