"""One run on several processes, which torchrun starts."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest


def torchrun(processes, *arguments, restarts=0, program=("-m", "ptnotes")):
    command = [sys.executable, "-m", "torch.distributed.run", "--rdzv-backend", "c10d"]
    command += ["--rdzv-endpoint", "localhost:0", "--nproc-per-node", str(processes)]
    command += ["--max-restarts", str(restarts), *map(str, [*program, *arguments])]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PTNOTES_OFFLINE": "1"},
    )


def ended(started):
    out, err = started.communicate(timeout=300)
    return started.returncode, out, [line for line in err.splitlines() if "ptnotes: " in line]


def bits(directory):
    history = json.loads((directory / "run.json").read_text())["history"]
    rows = [{k: v for k, v in row.items() if not k.endswith("seconds")} for row in history]
    return rows, (directory / "model.pt").read_bytes()


ON_MACHINES = """
import os, runpy, sys
import torch.distributed
from ptnotes.engine import sockets
def never(*_, **__):
    raise AssertionError("the way of the other number of machines")
if sys.argv.pop(1) == "2":
    os.environ["LOCAL_WORLD_SIZE"], sockets.exchange = "1", never
else:
    torch.distributed.broadcast = never
runpy.run_module("ptnotes", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("machines", "processes", "shards"),
    [(1, 2, 3), (1, 3, 2), (2, 2, 3)],  # over sockets; one with nothing to do; by broadcasts
)
def test_the_same_run(cli, tmp_path, machines, processes, shards):
    options = ["names", "--sample", "--recipe", "tuned", "--epochs", "3", "--shards", shards]
    assert cli(*options, "--out", tmp_path / "one").exit_code == 0
    script = tmp_path / "script.py"
    script.write_text(ON_MACHINES)
    options += ["--out", tmp_path / "two", "--json"]
    started = torchrun(processes, *options, program=(script, machines))
    code, out, errors = ended(started)
    assert (code, errors) == (0, [])
    assert json.loads(out)["environment"]["processes"] == processes
    assert bits(tmp_path / "two") == bits(tmp_path / "one")


@pytest.mark.slow
def test_reproduced_by_several(cli, tmp_path):
    options = ["diabetes", "--sample", "--epochs", "3", "--shards", "2"]
    assert cli(*options, "--out", tmp_path / "one").exit_code == 0
    code, out, errors = ended(torchrun(2, "reproduce", tmp_path / "one", "--json"))
    assert (code, errors) == (0, [])
    assert json.loads(out)["result"]["runs"][0]["verdict"] == "equal to the bit"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("linreg",), "torchrun"),
        (("mnist", "--data-dir", "/nowhere"), "/nowhere"),
        (("mnist", "--sample", "--arch", "mlp", "--lr", "1e30"), "diverged"),
    ],
)
def test_an_error_is_one_line(arguments, told):
    code, out, errors = ended(torchrun(3, *arguments, "--json"))
    assert (code, out) == (1, "")
    (line,) = errors
    assert told in line


FAILS_LATER = """
import os, runpy
from ptnotes.engine import distributed, shards
distributed.TOLD_SECONDS = 1000  # that the others notice is not for it to wait for
backward, steps = shards.Shards.backward, iter(range(40))
def failing(*arguments):
    if os.environ["RANK"] == "1" and next(steps, None) is None:
        raise OSError("no space left")
    return backward(*arguments)
shards.Shards.backward = failing
runpy.run_module("ptnotes", run_name="__main__")
"""


@pytest.mark.slow
def test_an_error_of_one_process_ends_the_others(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(FAILS_LATER)
    started = torchrun(3, "mnist", "--sample", "--shards", "3", "--json", program=(script,))
    code, out, (line,) = ended(started)
    assert (code, out) == (1, "")
    assert "process 1: OSError: no space left" in line


@pytest.mark.slow
def test_seeds_are_shared_out(document):
    options = ["diabetes", "--sample", "--seeds", "5", "--epochs", "3"]
    code, out, _ = ended(torchrun(3, *options, "--json"))
    assert code == 0
    found, one = json.loads(out)["result"], document(*options)["result"]
    for each in (found, one):
        epochs = [row for run in each["runs"] for row in run["history"]]
        for row in (each, *each["runs"], *epochs):
            for name in [name for name in row if "seconds" in name]:
                del row[name]
    assert found == one


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="it has no kill -9")
def test_killed_and_restarted_with_another_number(cli, tmp_path):
    options = ["mnist", "--sample", "--arch", "mlp", "--epochs", "12", "--shards", "4"]
    assert cli(*options, "--out", tmp_path / "one", "--quiet").exit_code == 0
    out = tmp_path / "killed"
    started = torchrun(3, *options, "--out", out, "--resume", restarts=1)
    while not (out / "run.json").exists():
        time.sleep(0.1)
    workers = subprocess.run(
        ["pgrep", "-P", str(started.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(workers[-1]), signal.SIGKILL)  # torchrun starts three again
    time.sleep(8)
    started.kill()
    started.communicate(timeout=60)  # the workers end with it
    assert ended(torchrun(2, *options, "--out", out, "--resume"))[0] == 0
    assert bits(out) == bits(tmp_path / "one")


TWICE = """
import os, sys
import ptnotes
from ptnotes.errors import PtnotesError
for seed in (0, 1):
    run = ptnotes.train("diabetes", data="sample", epochs=2, seed=seed, out=f"{sys.argv[1]}/{seed}")
try:
    ptnotes.train("diabetes", data_dir=f"{sys.argv[1]}/none-{os.environ['RANK']}", quiet=True)
except PtnotesError as error:
    told = "none-0" in str(error)
again = ptnotes.train("diabetes", data="sample", epochs=2, seed=1, quiet=True)
assert again.result["train_loss"] == run.result["train_loss"]
assert told or os.environ["RANK"] == "1"
"""


@pytest.mark.slow
def test_several_runs_in_one_process(tmp_path):
    """From Python; rank 0 shows them, and an error in between is one for all."""
    script = tmp_path / "twice.py"
    script.write_text(TWICE)
    code, out, _ = ended(torchrun(2, script, tmp_path, program=()))
    assert code == 0
    assert out.count("epoch") == 2
    assert {each.name for each in tmp_path.iterdir()} == {"twice.py", "0", "1"}


@pytest.mark.slow
def test_a_wrong_option_is_told_once():
    started = torchrun(3, "mnist", "--epochs", "many")
    _, err = started.communicate(timeout=300)
    assert err.count("--epochs") == 1
    assert len(re.findall(r"exitcode  : 2 ", err)) >= 1
