"""One end of a socket that carries frames, with deadlines."""

import socket
import time
from collections.abc import Callable
from typing import Any

from ..judging import codec

BUFFER = 4 << 20


class Closed(Exception):
    """The other end is gone."""


class Channel:
    """Sends and receives frames; a deadline is a time.monotonic() value, None waits for ever."""

    def __init__(self, end: socket.socket, limit: int):
        self.end, self.limit, self.received = end, limit, 0
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, BUFFER)

    def send(self, value: Any, reference: Callable[[Any], dict] | None = None, deadline: float | None = None) -> None:
        """Raises Closed, TimeoutError, or CannotSend before a byte has left."""
        parts = codec.encode(value, reference)
        if sum(map(len, parts)) < 1 << 16:
            parts = [b"".join(parts)]
        try:
            for part in parts:
                self.end.settimeout(_left(deadline))
                self.end.sendall(part)
        except (BrokenPipeError, ConnectionResetError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Closed(str(error)) from None

    def receive(self, resolve: Callable[[dict], Any] | None = None, deadline: float | None = None, *, names: bool = False) -> Any:
        """The next value. Raises Closed, TimeoutError (the frame is then lost) or codec.BadFrame."""
        return codec.decode(lambda n: self._exactly(n, deadline), self.limit, resolve, names=names)

    def close(self) -> None:
        self.end.close()

    def _exactly(self, count: int, deadline: float | None) -> bytearray:
        found = bytearray(count)
        view, have = memoryview(found), 0
        while have < count:
            self.end.settimeout(_left(deadline))
            try:
                got = self.end.recv_into(view[have:], min(count - have, BUFFER))
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed(str(error)) from None
            if not got:
                raise Closed("the other end is gone")
            have += got
        self.received += count
        return found


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
