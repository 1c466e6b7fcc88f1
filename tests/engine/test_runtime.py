"""The platform's settings: where they apply, and that they can be switched off."""

import os
import subprocess
import sys

import pytest

from ptnotes.engine import runtime as machine


@pytest.fixture
def called(monkeypatch):
    """The mallopt calls that settle() makes."""
    calls = []

    class Library:
        def __init__(self, _):
            self.mallopt = lambda *arguments: calls.append(arguments)

    monkeypatch.setattr(machine.ctypes, "CDLL", Library)
    for variable in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "PTNOTES_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    return calls


def test_settle(called, monkeypatch):
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: ("glibc", "2.36"))
    machine.settle()
    assert len(called) == 2
    assert os.environ["GOMP_SPINCOUNT"] == machine.SPINS


def test_other_systems_are_left_alone(called, monkeypatch):
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: ("", ""))
    machine.settle()
    assert called == []


def test_switched_off(called, monkeypatch):
    monkeypatch.setenv("PTNOTES_PLATFORM", "plain")
    machine.settle()
    assert called == []
    assert "GOMP_SPINCOUNT" not in os.environ


@pytest.mark.parametrize(
    ("variable", "value"), [("GOMP_SPINCOUNT", "7"), ("OMP_WAIT_POLICY", "passive")]
)
def test_the_users_own_setting_stands(called, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    machine.settle()
    assert os.environ.get("GOMP_SPINCOUNT") == (value if variable == "GOMP_SPINCOUNT" else None)


FAULTS = """
import os, resource, sys
from ptnotes.engine.runtime import settle
settle()
import torch
from torch import nn
from ptnotes.models.mnist import ResNet
torch.set_num_threads(1)
model, x = ResNet(), torch.zeros(64, 1, 28, 28)
for step in range(12):
    if step == 7:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    model(x).sum().backward()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(machine.platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_steps_fault_no_memory_in_again():
    def faults(setting):
        environment = os.environ | {"PTNOTES_PLATFORM": setting}
        done = subprocess.run(
            [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True,
            env=environment,
        )  # fmt: skip
        return int(done.stdout)

    assert faults("") < 0.2 * faults("plain")
