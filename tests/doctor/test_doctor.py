"""Every check in a state in which it fails, and the whole on this machine."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import requests

from ptnotes import doctor
from ptnotes.doctor import libraries, memory, probe


def found_by(checks, what):
    (check,) = [each for each in checks if each.what == what]
    return check


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """``environment("torch", source)``: the packages that doctor imports then, besides the real
    ones.
    """

    def install(name, source):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    monkeypatch.setattr(libraries, "NEEDED", ())
    return install


@pytest.mark.parametrize(
    "source",
    [
        "raise ModuleNotFoundError('torch')",
        "raise ImportError('libtorch.so: cannot open shared object file')",
        "import os; os.abort()",
        "import sys; sys.exit()",
        "while True: pass",
    ],
)
def test_torch_that_can_not_be_imported(environment, monkeypatch, source):
    """It is a row with its cure."""
    environment("torch", source)
    monkeypatch.setattr(libraries, "PROBE_SECONDS", 1 if "while" in source else 60)
    check = found_by(libraries.imports(), "torch")
    assert check.status == "error"
    assert check.found
    assert "pip install" in check.cure


@pytest.mark.parametrize(
    ("source", "named"), [("raise OSError('no disk')", "no disk"), ("import os; os.abort()", "-6")]
)
def test_package_that_can_not_be_imported(environment, monkeypatch, source, named):
    """It is named, and not torch."""
    monkeypatch.setattr(libraries, "NEEDED", ("PIL",))
    environment("PIL", source)
    environment("torch", "raise ImportError")
    check = found_by(libraries.imports(), "pillow")
    assert (check.status, check.cure) == ("error", "pip install --force-reinstall pillow")
    assert named in check.found


def test_a_file_of_the_current_directory_is_no_torch(environment, tmp_path, monkeypatch):
    environment("torch", "raise ImportError('the package')")
    monkeypatch.chdir(tmp_path / "torch")
    Path("torch.py").write_text("raise ImportError('the file')")
    assert "the package" in found_by(libraries.imports(), "torch").found


def probed(monkeypatch, found, code=0, stderr=""):
    line = json.dumps(found).encode()

    def run(*_, **__):
        return subprocess.CompletedProcess([], code, b"a library prints\n" + line, stderr.encode())

    monkeypatch.setattr(libraries.subprocess, "run", run)
    return list(libraries.imports())


TORCH = {
    **{"broken": {}, "next": "", "torch": "2.14.1", "built for": "CPU", "threads": 1},
    **{"devices": [], "mps": False},
}


def test_torchvision_of_another_torch(monkeypatch):
    message = "RuntimeError: operator torchvision::nms does not exist"
    stopped = TORCH | {"next": "torchvision"}
    checks = probed(monkeypatch, stopped, 1, f"Traceback:\n{message}\n")
    assert found_by(checks, "torch").status == "ok"
    check = found_by(checks, "torchvision")
    assert check.status == "error"
    assert "torchvision::nms" in check.found


def test_torchvision_of_another_build(monkeypatch):
    found = TORCH | {"torch": "2.14.1+cu130", "torchvision": "0.29.1+cpu"}
    assert found_by(probed(monkeypatch, found), "torchvision").status == "warning"


def test_more_threads_than_cores(monkeypatch):
    assert found_by(probed(monkeypatch, TORCH | {"threads": 4096}), "torch").status == "warning"


def test_devices(monkeypatch):
    found = TORCH | {"devices": ["A GPU"], "mps": True}
    assert found_by(probed(monkeypatch, found), "devices").found == "CPU, A GPU, MPS"


def test_two_openmp_runtimes(monkeypatch):
    found = TORCH | {"torchvision": "0.29.1", "openmp": ["/a/libgomp.so", "/b/libiomp5.so"]}
    assert found_by(probed(monkeypatch, found), "OpenMP").status == "warning"


def test_openmp_that_ends_the_process(monkeypatch):
    said = "OMP: Error #15: Initializing libiomp5md.dll, but found it\nOMP: Hint This means ...\n"
    checks = probed(monkeypatch, {"broken": {}, "next": "torch"}, 3, said)
    check = found_by(checks, "OpenMP")
    assert check.status == "error"
    assert "Error #15" in check.found


def test_duplicate_openmp_is_allowed(monkeypatch):
    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "TRUE")
    assert found_by(probed(monkeypatch, TORCH), "OpenMP").status == "warning"


def test_library_that_windows_can_not_load(monkeypatch):
    said = "OSError: [WinError 126] The specified module could not be found. fbgemm.dll"
    checks = probed(monkeypatch, {"broken": {}, "next": "torch"}, 1, said)
    assert "Visual C++" in found_by(checks, "torch").cure


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/site/torch/lib/libgomp-24e2ab19.so.1", True),
        ("/opt/lib/libomp.dylib", True),
        ("C:\\torch\\lib\\libiomp5md.dll", True),
        ("/site/scipy/linalg/_decomp_update.so", False),
        ("/usr/lib/libcomposite.so", False),
        ("/home/libgomp/lib/other.so", False),
    ],
)
def test_openmp_is_recognized(monkeypatch, path, is_one):
    monkeypatch.setattr(probe, "loaded_files", lambda: [path, path])
    assert probe.openmp_runtimes() == [path] * is_one


def test_old_python(monkeypatch):
    monkeypatch.setattr(doctor, "LOWEST_PYTHON", (99, 0))
    assert doctor._python().status == "error"


def test_missing_packages(monkeypatch):
    monkeypatch.setattr(libraries, "NEEDED", ("numpy", "no_such_package"))
    check = found_by(list(libraries.packages()), "packages")
    assert (check.status, check.cure) == ("error", "pip install no_such_package")


def test_old_packages(monkeypatch):
    monkeypatch.setattr(libraries, "requires", lambda _: ["numpy>=99.1", "pandas[some]>=2.2"])
    check = found_by(libraries.packages(), "packages")
    assert (check.status, check.cure) == ("error", 'pip install --upgrade "numpy>=99.1"')


def test_memory_of_a_container(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "LIMIT", tmp_path / "limit")
    memory.MEMINFO.write_text("MemTotal: 9 kB\nMemAvailable:    4096 kB\n")
    memory.LIMIT.write_text("max\n")
    assert memory.free_memory() == 4096 * 1024
    memory.LIMIT.write_text("1000000\n")
    assert memory.free_memory() == 1_000_000


def test_little_memory_and_none_known(monkeypatch):
    monkeypatch.setattr(doctor, "free_memory", lambda: 10**8)
    assert [each.status for each in doctor._machine()] == ["warning"]
    monkeypatch.setattr(doctor, "free_memory", lambda: None)
    assert list(doctor._machine()) == []


def test_terminal_without_the_signs(monkeypatch):
    monkeypatch.setattr(sys, "__stdout__", type("Stream", (), {"encoding": "ascii"}))
    assert [each.status for each in doctor._terminal()] == ["warning"]


def test_narrow_terminal(monkeypatch):
    monkeypatch.setattr(sys, "__stdout__", type("Stream", (), {"encoding": "utf-8"}))
    monkeypatch.setenv("COLUMNS", "40")
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


def test_mirror_that_has_not_the_file(monkeypatch):
    answer = requests.Response()
    monkeypatch.setattr(requests, "head", lambda *_, **__: answer)
    answer.status_code = 404
    assert {each.status for each in doctor._mirrors()} == {"warning"}
    answer.status_code = 200
    monkeypatch.setenv("PTNOTES_MIRROR", "http://someone:secret@host")
    assert {each.found for each in doctor._mirrors()} == {"PTNOTES_MIRROR"}


def test_mirrors_when_offline(monkeypatch):
    monkeypatch.setenv("PTNOTES_OFFLINE", "1")
    assert [each.what for each in doctor._mirrors()] == ["mirrors"]


def test_command(cli, monkeypatch):
    monkeypatch.setattr(libraries, "_probed", lambda: (TORCH | {"torchvision": "0.29.1"}, ""))
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    result = json.loads(done.stdout)["result"]
    assert result["failed"] == []
    assert {"what", "status", "found", "cure"} == set(result["checks"][0])


def test_exit_code(cli, monkeypatch):
    monkeypatch.setattr(libraries, "_probed", lambda: ({"next": "torch"}, "no module named torch"))
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
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))},
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stderr
    assert "torch" in json.loads(done.stdout)["result"]["failed"]


def test_optional_parts_are_those_of_the_project(monkeypatch):
    """And none of them is missed."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    declared = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    parts = set(declared["optional-dependencies"]) - {"test"}
    assert set(libraries.OPTIONAL) == parts
    here = found_by(libraries.packages(), "optional parts")
    assert here.status == "ok"
    assert all(part in here.found for part in parts)
    monkeypatch.setattr(libraries, "OPTIONAL", {"x": ("json",), "y": ("json", "no_such_module")})
    one = found_by(libraries.packages(), "optional parts")
    assert (one.found, one.cure) == ("x; not installed: y", "pip install 'ptnotes[y]'")


def test_single_words_are_chinese_too(cli):
    """A word in a cell may be a name, but those of doctor aren't."""
    shown = cli("--lang", "zh", "doctor").stdout
    for word in ("packages", "devices", "memory", "terminal", "right"):
        assert f"  {word}  " not in shown and not shown.endswith(word), word
    for word in ("软件包", "计算设备", "内存", "终端", "正确"):
        assert word in shown
