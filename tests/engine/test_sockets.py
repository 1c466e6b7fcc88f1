"""Buffers exchanged over sockets, by threads that stand for processes."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

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
            return list(self.found)

        return gathered


def among(size, work, gather=None):
    """What ``work(rank, sockets)`` returned, by rank."""
    gather = gather or Meeting(size).gather

    def process(rank):
        with sockets.connected(rank, size, gather(rank)) as others:
            return work(rank, others)

    with ThreadPoolExecutor(size) as threads:
        running = [threads.submit(process, rank) for rank in range(size)]
        return [each.result(TIMEOUT) for each in running]


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
    monkeypatch.setattr(sockets, "GREETING_SECONDS", 0.2)
    meeting = Meeting(2)

    def gather(rank):
        def gathered(own):
            found = meeting.gather(rank)(own)
            if rank == 1:  # before this process connects
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
