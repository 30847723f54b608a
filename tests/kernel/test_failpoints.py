"""Failpoints kill where they are armed, at the count they are armed for, and only in tests."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from marketplace.kernel.failpoints import hit
for step in range(3):
    hit("other"); hit("here"); print(step, flush=True)
"""


@pytest.mark.parametrize(
    ("env", "failpoint", "steps", "code"),
    [
        ("test", "here", "", -9),
        ("test", "here:3", "0\n1\n", -9),
        ("test", "", "0\n1\n2\n", 0),
        ("production", "here", "0\n1\n2\n", 0),
    ],
)
def test_a_failpoint(env: str, failpoint: str, steps: str, code: int) -> None:
    environment = {**os.environ, "MARKETPLACE_ENV": env, "MARKETPLACE_FAILPOINT": failpoint}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (steps, code)
