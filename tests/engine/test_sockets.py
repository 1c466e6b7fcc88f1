"""Buffers exchanged over sockets, by threads that stand for processes."""

import socket
import threading
import time
from queue import SimpleQueue

import pytest

from ptnotes.engine import sockets

TIMEOUT = 60


class Meeting:
    """Gives each of ``size`` threads the objects of all, by rank."""

    def __init__(self, size):
        self.found = [None] * size
        self.barrier = threading.Barrier(size)

    def gather(self, rank):
        def gathered(own):
            self.found[rank] = own
            self.barrier.wait(TIMEOUT)
            found = list(self.found)
            self.barrier.wait(TIMEOUT)  # all have read it
            return found

        return gathered


def among(size, work, gather=None):
    """What ``work(rank, sockets)`` returned, by rank."""
    gather = gather or Meeting(size).gather

    results = SimpleQueue()

    def process(rank):
        try:
            with sockets.connected(rank, size, gather(rank)) as others:
                results.put((rank, work(rank, others), None))
        except BaseException as error:
            results.put((rank, None, error))

    for rank in range(size):  # daemons: one that waits for ever doesn't keep the tests
        threading.Thread(target=process, args=[rank], daemon=True).start()
    found = {}
    for _ in range(size):
        rank, result, error = results.get(timeout=TIMEOUT)
        if error is not None:
            raise error
        found[rank] = result
    return [found[rank] for rank in range(size)]


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("length", [1, 34_000, 8_000_000], ids=["byte", "cnn", "above a buffer"])
def test_every_process_receives_what_each_sent(size, length):
    def work(rank, others):
        own = memoryview(bytes([rank]) * length)
        received = {each: memoryview(bytearray(length)) for each in others}
        for _ in range(3):  # nothing is left over of one for the next
            sending = dict.fromkeys(others.values(), own)
            sockets.exchange(sending, {others[each]: received[each] for each in others})
        return {each: bytes(found) for each, found in received.items()}

    for rank, received in enumerate(among(size, work)):
        assert received == {each: bytes([each]) * length for each in range(size) if each != rank}


def test_in_order_though_the_receiver_comes_later():
    """Several messages wait in the socket; each fills one buffer."""
    sent = threading.Event()

    def work(rank, others):
        if rank == 0:
            for step in range(20):
                sockets.exchange({others[1]: memoryview(bytes([step]) * 1000)}, {})
            sent.set()
            return None
        assert sent.wait(TIMEOUT)
        received = []
        for _ in range(20):
            buffer = memoryview(bytearray(1000))
            sockets.exchange({}, {others[0]: buffer})
            received.append(bytes(buffer))
        return received

    assert among(2, work)[1] == [bytes([step]) * 1000 for step in range(20)]


def test_a_process_that_waits_for_long_sleeps(monkeypatch):
    slept, go_on = threading.Event(), threading.Event()
    sleep = sockets._sleep_until_ready

    def noticed(*buffers):
        slept.set()
        sleep(*buffers)

    monkeypatch.setattr(sockets, "_sleep_until_ready", noticed)

    def work(rank, others):
        buffer = memoryview(bytearray(3))
        if rank == 0:
            sockets.exchange({}, {others[1]: buffer})
            go_on.set()
        else:
            assert slept.wait(TIMEOUT)
            sockets.exchange({others[0]: memoryview(b"abc")}, {})
            assert go_on.wait(TIMEOUT)
        return bytes(buffer)

    assert among(2, work)[0] == b"abc"


@pytest.mark.parametrize("awake", [0, 0.05])
def test_a_process_that_ends_is_noticed(monkeypatch, awake):
    monkeypatch.setattr(sockets, "AWAKE_SECONDS", awake)

    def work(rank, others):
        if rank:
            return  # its sockets close
        with pytest.raises(ConnectionError):
            sockets.exchange({}, {others[1]: memoryview(bytearray(3))})

    among(2, work)


@pytest.mark.parametrize("greeting", [b"", b"x" * 20, b"x" * 5])
def test_a_stranger_is_not_taken_for_a_process(monkeypatch, greeting):
    monkeypatch.setattr(sockets, "GREETING_SECONDS", 2)
    meeting = Meeting(2)

    def gather(rank):
        def gathered(own):
            found = meeting.gather(rank)(own)
            if rank == 1 and not strangers:  # before this process connects
                stranger = socket.create_connection((sockets.HOST, found[0][0]))
                stranger.sendall(greeting)
                strangers.append(stranger)
            return found

        return gathered

    strangers = []

    def work(rank, others):
        buffer = memoryview(bytearray(2))
        (other,) = others.values()
        sockets.exchange({other: memoryview(bytes([rank, 7]))}, {other: buffer})
        return bytes(buffer)

    assert among(2, work, gather) == [bytes([1, 7]), bytes([0, 7])]
    for each in strangers:
        each.close()


def test_a_greeting_may_come_in_pieces():
    with socket.create_server((sockets.HOST, 0)) as server:
        sender = socket.create_connection(server.getsockname())
        found = server.accept()[0]

    def send():
        for piece in (b"x" * 10, b"x" * 6 + bytes(3), bytes([5])):
            sender.sendall(piece)
            time.sleep(0.05)

    threading.Thread(target=send).start()
    with sender, found:
        assert sockets._greeted(found, b"x" * 16) == 5


def test_a_process_that_ends_before_it_has_connected_is_not_waited_for():
    meeting = Meeting(2)

    def gather(rank):
        def gathered(own):
            if rank == 1 and own is None:  # it has connected to nobody, say
                meeting.barrier.abort()
                raise OSError("too many open files")
            return meeting.gather(rank)(own)

        return gathered

    with pytest.raises((OSError, threading.BrokenBarrierError)):
        among(2, lambda rank, others: None, gather)
