"""What ptnotes verify says of the claims."""

import json

import pytest


@pytest.fixture
def verified(cli):
    """``verified("--quick")`` → exit code, result."""

    def invoke(*arguments):
        done = cli("verify", *arguments, "--json", "--device", "cpu")
        return done.exit_code, json.loads(done.stdout)["result"]

    return invoke


@pytest.fixture
def row(verified):
    """``row("bce-table")`` → that claim's row."""

    def invoke(name, *arguments):
        code, result = verified("--only", name, *arguments)
        (only,) = result["claims"]
        assert code == (only["verdict"] in ("fails", "error"))
        return only

    return invoke
