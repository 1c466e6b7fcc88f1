"""Every check in a state in which it fails, and the whole on this machine."""

import json
import subprocess
import sys

import pytest

from ptnotes import doctor

FAKE = {
    "missing": None,
    "broken": "raise ImportError('libtorch.so: cannot open shared object file')",
    "crashing": "import os; os._exit(134)",
}


def found_by(checks, what):
    (check,) = [each for each in checks if each.what == what]
    return check


@pytest.mark.parametrize("fault", FAKE)
def test_torch_that_can_not_be_imported(fault, tmp_path, monkeypatch):
    """It is a row with its cure; the other checks go on."""
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text(FAKE[fault] or "raise ModuleNotFoundError('torch')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = found_by(list(doctor._torch()), "torch")
    assert check.status == "error"
    assert "pip install" in check.cure


def probed(monkeypatch, found, code=0, stderr=""):
    lines = "".join(json.dumps(each) + "\n" for each in found)

    def run(*_, **__):
        return subprocess.CompletedProcess([], code, lines, stderr)

    monkeypatch.setattr(doctor.subprocess, "run", run)
    return list(doctor._torch())


TORCH = {"torch": "2.14.1", "built for": "CPU", "threads": 2, "devices": [], "mps": False}


def test_torchvision_of_another_build(monkeypatch):
    message = "RuntimeError: operator torchvision::nms does not exist"
    check = found_by(probed(monkeypatch, [TORCH], 1, f"Traceback:\n{message}\n"), "torchvision")
    assert check.status == "error"
    assert "torchvision::nms" in check.found


def test_two_openmp_runtimes(monkeypatch):
    found = TORCH | {"torchvision": "0.29.1", "openmp": ["/a/libgomp.so", "/b/libiomp5.so"]}
    assert found_by(probed(monkeypatch, [found]), "OpenMP").status == "warning"


def test_duplicate_openmp_is_allowed(monkeypatch):
    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "TRUE")
    found = TORCH | {"torchvision": "0.29.1"}
    assert found_by(probed(monkeypatch, [found]), "OpenMP").status == "warning"


def test_import_that_hangs(monkeypatch):
    def run(*_, **__):
        raise subprocess.TimeoutExpired("python", 120)

    monkeypatch.setattr(doctor.subprocess, "run", run)
    assert found_by(list(doctor._torch()), "torch").status == "error"


def test_old_python(monkeypatch):
    monkeypatch.setattr(doctor, "LOWEST_PYTHON", (99, 0))
    assert doctor._python().status == "error"


def test_missing_packages(monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED", ("numpy", "no_such_package"))
    check = found_by(list(doctor._packages()), "packages")
    assert (check.status, check.cure) == ("error", "pip install no_such_package")


def test_little_memory_and_none_known(monkeypatch):
    monkeypatch.setattr(doctor, "_free_memory", lambda: 10**8)
    assert [each.status for each in doctor._machine()] == ["warning"]
    monkeypatch.setattr(doctor, "_free_memory", lambda: None)
    assert list(doctor._machine()) == []


def test_terminal_without_the_signs(monkeypatch):
    monkeypatch.setattr(sys, "__stdout__", type("Stream", (), {"encoding": "ascii"}))
    assert [each.status for each in doctor._terminal()] == ["warning"]


def test_data_directory_that_is_not_there(tmp_path):
    assert found_by(list(doctor._data(tmp_path / "missing")), "data").status == "error"


def test_damaged_data(tmp_path):
    (tmp_path / "diabetes.csv.gz").write_bytes(b"damaged")
    check = found_by(list(doctor._data(tmp_path)), "data diabetes")
    assert (check.status, check.cure) == ("warning", "ptnotes data download diabetes")


def test_directory_that_can_not_be_written(monkeypatch, tmp_path):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    assert doctor._writable("current directory", tmp_path).status == "warning"


def test_little_disk_space(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "FREE", 1 << 62)
    assert doctor._writable("current directory", tmp_path).status == "warning"


def test_mirrors_without_a_network():
    assert {each.status for each in doctor._mirrors()} == {"warning"}


def test_command(cli, monkeypatch):
    monkeypatch.setattr(doctor, "_probed", lambda: (TORCH | {"torchvision": "0.29.1"}, ""))
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    result = json.loads(done.stdout)["result"]
    assert result["failed"] == []
    assert {"what", "status", "found", "cure"} == set(result["checks"][0])


def test_exit_code(cli, monkeypatch):
    monkeypatch.setattr(doctor, "_probed", lambda: ({}, "no module named torch"))
    done = cli("doctor")
    assert done.exit_code == 1
    assert "torch" in done.stderr.splitlines()[-1]


def test_it_needs_no_torch(tmp_path):
    """Nor numpy: the command answers without them."""
    for name in ("torch", "torchvision", "numpy", "pandas"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('broken')")
    done = subprocess.run(
        [sys.executable, "-m", "ptnotes", "doctor", "--json"],
        capture_output=True,
        text=True,
        env=doctor.os.environ
        | {"PYTHONPATH": f"{tmp_path}:{doctor.os.environ.get('PYTHONPATH', '')}"},
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stderr
    assert "torch" in json.loads(done.stdout)["result"]["failed"]
