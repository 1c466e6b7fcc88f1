"""Buffers exchanged by the processes of one machine, which wait for each other awake.

gloo hands every message through three threads, and each has to be woken: where a core that has
nothing to do is given to others, as on virtual machines, an exchange took 4 to 16 times as long
(docs/processes.md).
"""

import hmac
import os
import secrets
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Sockets = dict[int, socket.socket]  # by the number of the process that they lead to
Buffers = dict[socket.socket, memoryview]  # the bytes that are still to be sent, or received
Gather = Callable[[Any], list[Any]]

HOST = "127.0.0.1"
AWAKE_SECONDS = 0.05  # longer than a step; after that a process sleeps until something comes
GREETING_SECONDS = 10  # that who connects may take to say who it is
STRANGERS = 128  # connections of others that may wait beside those of the processes


@contextmanager
def connected(rank: int, size: int, gather: Gather) -> Iterator[Sockets]:
    """Sockets to all other processes; ``gather`` gives every process the objects of all, by rank.

    Raises OSError.
    """
    sockets: Sockets = {}
    with ExitStack() as opened:
        with socket.create_server((HOST, 0), backlog=size + STRANGERS) as server:
            token = secrets.token_bytes(16)  # any user of the machine could connect
            places = gather((server.getsockname()[1], token))
            for other, (port, greeting) in enumerate(places[:rank]):
                found = opened.enter_context(socket.create_connection((HOST, port)))
                found.sendall(greeting + rank.to_bytes(4, "big"))
                sockets[other] = found
            gather(None)  # all have connected, or one has ended: none is waited for in vain
            while len(sockets) < size - 1:
                found = opened.enter_context(server.accept()[0])
                sender = _greeted(found, token)
                if sender is None:
                    found.close()
                else:
                    sockets[sender] = found
        for found in sockets.values():
            found.setblocking(False)
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sockets


def _greeted(found: socket.socket, token: bytes) -> int | None:
    """The number of the process that has connected; None for a stranger."""
    found.settimeout(GREETING_SECONDS)
    greeting, length = b"", len(token) + 4
    try:
        while len(greeting) < length and (part := found.recv(length - len(greeting))):
            greeting += part
    except OSError:
        return None
    known = hmac.compare_digest(greeting[:-4], token)
    return int.from_bytes(greeting[-4:], "big") if known else None


def exchange(sending: Buffers, receiving: Buffers) -> None:
    """Sends and fills the buffers, all at once, so that no process waits for another's turn.

    Raises ConnectionError if a process has ended.
    """
    moved = time.monotonic()
    while sending or receiving:
        if _advance(sending, socket.socket.send) | _advance(receiving, socket.socket.recv_into):
            moved = time.monotonic()
        elif time.monotonic() - moved < AWAKE_SECONDS:
            _yield_core()
        else:
            _sleep_until_ready(sending, receiving)


def _advance(buffers: Buffers, move: Callable[[socket.socket, memoryview], int]) -> bool:
    """Whether any byte moved; what is done is taken out."""
    advanced = False
    for found, left in list(buffers.items()):
        try:
            count = move(found, left)
        except BlockingIOError:
            continue
        if not count:
            raise ConnectionError("a process has closed its connection")
        advanced = True
        if count == len(left):
            del buffers[found]
        else:
            buffers[found] = left[count:]
    return advanced


def _yield_core() -> None:
    """To another process, if there are more of them than cores."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()
    else:
        time.sleep(0)


def _sleep_until_ready(sending: Buffers, receiving: Buffers) -> None:
    with selectors.DefaultSelector() as selector:
        for found in sending.keys() | receiving.keys():
            wanted = selectors.EVENT_WRITE * (found in sending)
            wanted |= selectors.EVENT_READ * (found in receiving)
            selector.register(found, wanted)
        selector.select()
