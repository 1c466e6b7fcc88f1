import json

import pytest

from tests.plots.documents import COMMANDS


@pytest.fixture(scope="session")
def documents():
    """Topic → the JSON document of its command in COMMANDS."""
    from typer.testing import CliRunner

    from ptnotes.cli import app

    found = {}
    for topic, arguments in COMMANDS.items():
        done = CliRunner().invoke(app, [*arguments, "--json"])
        assert done.exit_code == 0, done.stderr
        found[topic] = json.loads(done.stdout)
    return found
