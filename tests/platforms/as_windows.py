"""A process that lacks what Windows lacks, and refuses what Windows refuses.

``python -X warn_default_encoding -m tests.platforms.as_windows COMMANDS RESULTS`` runs ptnotes
commands, a JSON list of [arguments, standard input], and writes their exit codes. What it can't
take away: case in file names, the slash, the locks of fcntl, which stand for Windows' own.
"""

import errno
import io
import json
import multiprocessing.context
import os
import platform
import re
import shutil
import signal
import sys
import warnings
from pathlib import Path

import filelock  # noqa: F401  # locks with fcntl here, with msvcrt there

MODULES = "fcntl resource termios tty pty pwd grp readline syslog".split()
FUNCTIONS = """
    fork forkpty sched_getaffinity sched_setaffinity geteuid getgid getegid getloadavg
    mkfifo mknod chown fchown setsid killpg getpgid sync wait3 wait4
""".split()
SIGNALS = """
    SIGHUP SIGKILL SIGALRM SIGUSR1 SIGUSR2 SIGPIPE SIGQUIT SIGCONT SIGTSTP
    alarm setitimer pthread_sigmask pause
""".split()
WORKING = os.path.realpath(os.getcwd()) + os.sep  # elsewhere Linux' own files are left alone
FORBIDDEN = re.compile(r'[:*?"<>|]|[. ]$|^(con|nul|prn|aux|com\d|lpt\d)(\.|$)', re.IGNORECASE)
BUSY = "The process cannot access the file because it is being used by another process"

fcntl = sys.modules["fcntl"]
looking = False  # at what this process has open: /proc is there for that


def opened() -> set[str]:
    """The real paths of the files that this process has open or mapped."""
    global looking
    looking = True
    try:
        found = set()
        for number in os.listdir("/proc/self/fd"):
            try:
                found.add(os.readlink(f"/proc/self/fd/{number}"))
            except FileNotFoundError:
                pass
        with open("/proc/self/maps", encoding="utf-8") as maps:
            return found | {line.split(maxsplit=5)[-1].rstrip("\n") for line in maps}
    finally:
        looking = False


def refuse_if_open(path: str | Path) -> None:
    real = os.path.realpath(path)
    if not real.startswith(WORKING):
        return
    if any(each == real or each.startswith(real + os.sep) for each in opened()):
        raise PermissionError(errno.EACCES, BUSY, str(path))


def guard_files() -> None:
    replace, rename, unlink, fsync = os.replace, os.rename, os.unlink, os.fsync

    def guarded_replace(source, target, **options):
        refuse_if_open(source)
        refuse_if_open(target)
        if os.path.isdir(target):
            raise PermissionError(errno.EACCES, "Access is denied", str(source))
        replace(source, target, **options)

    def guarded_rename(source, target, **options):
        refuse_if_open(source)
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "The file already exists", str(target))
        rename(source, target, **options)

    def guarded_unlink(path, **options):
        if os.path.basename(path) != ".lock":  # filelock removes it there when it gives it back
            refuse_if_open(path)
        unlink(path, **options)

    def guarded_fsync(file):
        number = file if isinstance(file, int) else file.fileno()
        if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        fsync(number)

    def no_privilege(source, target, *_, **options):
        raise OSError(errno.EPERM, "A required privilege is not held by the client", str(target))

    os.replace, os.rename, os.fsync = guarded_replace, guarded_rename, guarded_fsync
    os.unlink = os.remove = guarded_unlink
    os.symlink = no_privilege
    shutil._use_fd_functions = False

    def audit(event: str, arguments: tuple) -> None:
        paths = {"open": arguments[:1], "os.mkdir": arguments[:1], "os.rename": arguments[:2]}
        for path in paths.get(event, ()):
            if not isinstance(path, (str, os.PathLike)):
                continue
            text = os.path.abspath(path)
            if text.startswith("/proc/") and not looking:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", text)
            if not text.startswith(WORKING):
                continue
            if FORBIDDEN.search(os.path.basename(text)):
                raise OSError(errno.EINVAL, "Invalid argument", text)
            if event == "open" and os.path.isdir(text):
                raise PermissionError(errno.EACCES, "Permission denied", text)

    sys.addaudithook(audit)


def become_windows() -> None:
    for name in MODULES:
        sys.modules[name] = None
    for name in FUNCTIONS:
        delattr(os, name)
    for name in SIGNALS:
        delattr(signal, name)
    platform.libc_ver = lambda *_, **__: ("", "")
    os.linesep = "\r\n"
    multiprocessing.get_all_start_methods = lambda: ["spawn"]
    for method in ("fork", "forkserver"):
        multiprocessing.context._concrete_contexts.pop(method, None)
    multiprocessing.set_start_method("spawn", force=True)
    guard_files()
    # the encoding of a file that names none is the console's
    warnings.simplefilter("ignore", EncodingWarning)
    warnings.filterwarnings("error", category=EncodingWarning, module=r"ptnotes\.")


def run(arguments: list[str], given: str) -> int:
    from ptnotes.cli import app

    sys.stdin = io.TextIOWrapper(io.BytesIO(given.encode()), encoding="cp936")
    print(f"> {' '.join(arguments)}", flush=True)
    print(f"> {' '.join(arguments)}", file=sys.stderr, flush=True)
    try:
        app(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


become_windows()  # the worker processes, which import this, too

if __name__ == "__main__":
    sys.stdout.reconfigure(newline="\r\n")
    results = [run(*command) for command in json.loads(sys.argv[1])]
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")
