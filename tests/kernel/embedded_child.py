"""A process that owns an embedded PostgreSQL: run by test_embedded.py, which kills it.

    embedded_child.py DATA {plain|user|refused} [REACHABLE_ROOT]

Prints `True PID` when it owns the server, then waits for the end of its standard input and stops it.
`user`: not root, seen from inside a user namespace. `refused`: unshare(2) answers EPERM, as in many containers.
"""

import ctypes
import platform
import struct
import sys
from pathlib import Path

from marketplace.kernel import launch
from marketplace.kernel.database import embedded_place
from marketplace.kernel.database.embedded import EmbeddedPostgres

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
UNSHARE = {"x86_64": 272, "aarch64": 97}
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # errno 1: EPERM


def refuse_namespaces() -> None:
    """A seccomp filter: `if the call is unshare: EPERM, else allow` (linux/filter.h, struct sock_filter)."""
    steps = [(LOAD, 0, 0, 0), (JUMP_EQUAL, 0, 1, UNSHARE[platform.machine()]), (RETURN, 0, 0, REFUSE)]
    steps.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    program = Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)) == 0


def main(data: str, way: str, reachable_root: str | None = None) -> None:
    if reachable_root:
        embedded_place.REACHABLE_ROOT = Path(reachable_root)
    if way == "refused":
        refuse_namespaces()
    if way == "user":
        launch.enter_namespace()
    server = EmbeddedPostgres(Path(data), fast=True)
    owns = server.start()
    pid = (Path(data) / "postmaster.pid").read_text().split("\n", 1)[0]
    print(owns, pid, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
