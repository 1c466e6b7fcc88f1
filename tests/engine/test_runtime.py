"""The platform's settings: where they apply, and that they can be switched off."""

import os
import subprocess
import sys

import pytest
import torch

from ptnotes.engine import runtime


@pytest.fixture
def called(monkeypatch):
    """The mallopt calls that configure_allocator() makes."""
    calls = []

    class Library:
        def __init__(self, _):
            self.mallopt = lambda *arguments: calls.append(arguments)

    monkeypatch.setattr(runtime.ctypes, "CDLL", Library)
    monkeypatch.delenv("PTNOTES_PLATFORM", raising=False)
    return calls


def test_allocator(called, monkeypatch):
    monkeypatch.setattr(runtime.platform, "libc_ver", lambda: ("glibc", "2.36"))
    runtime.configure_allocator()
    assert len(called) == 2


def test_other_c_libraries_are_not_configured(called, monkeypatch):
    monkeypatch.setattr(runtime.platform, "libc_ver", lambda: ("", ""))
    runtime.configure_allocator()
    assert called == []


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_library_without_mallopt(called, monkeypatch, error):
    """musl under a layer that calls itself glibc, say."""

    def missing(_):
        raise error

    monkeypatch.setattr(runtime.platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(runtime.ctypes, "CDLL", missing)
    runtime.configure_allocator()


def test_torch_version_is_what_torch_says():
    """Though torch is not imported for it."""
    assert runtime.light_environment()["torch"] == torch.__version__


def test_switched_off(called, monkeypatch):
    monkeypatch.setenv("PTNOTES_PLATFORM", "plain")
    runtime.configure_allocator()
    assert called == []


WITHOUT_DYNAMO = """
import sys
from ptnotes.cli import app
try: app(["linreg", "--recipe", "tuned", "--quiet"])
except SystemExit as error: assert not error.code
print("dynamo:", "torch._dynamo" in sys.modules)
"""


def test_a_command_imports_no_dynamo():
    """It would take a second, and nothing is compiled."""
    command = [sys.executable, "-c", WITHOUT_DYNAMO]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "dynamo: False"


FAULTS = """
import os, resource, sys
from ptnotes.engine.runtime import configure_allocator
configure_allocator()
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
@pytest.mark.skipif(runtime.platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_steps_cause_few_page_faults():
    def faults(setting):
        environment = os.environ | {"PTNOTES_PLATFORM": setting}
        done = subprocess.run(
            [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True,
            env=environment,
        )  # fmt: skip
        return int(done.stdout)

    assert faults("") < 0.2 * faults("plain")
