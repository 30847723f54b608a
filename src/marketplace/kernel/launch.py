"""Start a program that ends when its starter does, even by kill -9, and that may run as another account.

This file is also the script that does it, in the new process:

    python -I -S launch.py OWNER_PID STANDING run PROGRAM ARGUMENT...      becomes the program (Linux)
    python -I -S launch.py OWNER_PID STANDING watch PROGRAM ARGUMENT...    stays beside it (where nobody tells a child)
    python -I -S launch.py OWNER_PID STANDING reach PATH...                prints 1 or 0 for each path

STANDING is `self`, `namespace` (root, seen by the program as nobody) or `UID:GID`. A program of its own instead of a
`preexec_fn`, because code between fork and exec may deadlock when the starter has threads.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.5
ON_LINUX = sys.platform == "linux"
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


def bound(words: list[str], *, standing: str = "self", verb: str = "run" if ON_LINUX else "watch") -> list[str]:
    """The command that runs `words` bound to this process; start it from the main thread."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), standing, verb, *words]


def main(owner_pid: int, standing: str, verb: str, words: list[str]) -> int:
    # A shell starts its background jobs with SIGINT ignored, and that is inherited: then nobody would hear of the end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    take(standing)
    if verb == "reach":
        print("".join("1" if os.access(path, os.X_OK) else "0" for path in words))
        return 0
    if verb == "watch":
        return watch(owner_pid, words)
    die_with(owner_pid)
    os.execv(words[0], words)


def watch(owner_pid: int, words: list[str]) -> int:
    """Run the program as a child: pass our signals on, and SIGINT when the starter dies. Returns its exit code."""
    program = subprocess.Popen(words)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, lambda number, _frame: program.send_signal(number))
    while True:
        try:
            code = program.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if os.getppid() != owner_pid:
                program.send_signal(signal.SIGINT)
                owner_pid = os.getppid()
        else:
            return code if code >= 0 else 128 - code


def take(standing: str) -> None:
    if standing == "namespace":
        enter_namespace()
    elif standing != "self":
        uid, gid = (int(number) for number in standing.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def enter_namespace() -> None:
    """A user namespace with one entry: PostgreSQL, which refuses root, sees nobody; the files stay root's."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused")
    for name, line in (("setgroups", "deny"), ("uid_map", f"{NOBODY} {uid} 1"), ("gid_map", f"{NOBODY} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def die_with(owner_pid: int) -> None:
    """Get SIGINT (PostgreSQL's fast shutdown) when the starter dies; to be called after every change of account."""
    if not ON_LINUX:
        threading.Thread(target=_die_when_left, args=(owner_pid,), daemon=True).start()
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != owner_pid:
        raise SystemExit("the starter is gone")


def _die_when_left(owner_pid: int) -> None:
    while os.getppid() == owner_pid:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
