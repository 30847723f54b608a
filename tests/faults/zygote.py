"""Starts processes quickly: everything is imported once, each order is told in a fork, which dies as a process dies.

Reads orders as JSON lines from stdin; answers each with the exit status on stdout, below zero for a signal. One with
`is_warming` is told in this process itself: what SQLAlchemy has compiled then is there in all forks.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import traceback

from marketplace.runtime import load_tasks
from tests.faults.story import Order, tell

PATIENCE_SECONDS = 90


def main() -> None:
    load_tasks()
    print("ready", flush=True)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        if order.is_warming:
            asyncio.run(tell(order))
            gc.freeze()
        print(0 if order.is_warming else os.waitstatus_to_exitcode(_run(order)), flush=True)


def _run(order: Order) -> int:
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    signal.alarm(PATIENCE_SECONDS)
    os.dup2(2, 1)
    try:
        asyncio.run(tell(order))
    except BaseException:  # noqa: BLE001 - the exit status is the answer, the log says why
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
