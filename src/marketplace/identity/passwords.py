"""Argon2id at the OWASP minimum, in a few threads of its own: a flood of sign-ins slows sign-in, not the site.

OWASP, Password Storage Cheat Sheet: m=19 MiB, t=2, p=1 (31 ms here).
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$iPOQ5f2O21FsjnBvo1AiFcDuSXciCnKUrXFO+yfgNoM"
"""A hash that stands in for unknown users, so that they cost as long as known ones. Its password opens nothing."""


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether `password` is the one behind `stored`; always False for None, after the same work."""
    right = await asyncio.get_running_loop().run_in_executor(_threads, _matches, password, stored or NOBODY)
    return right and stored is not None


def _matches(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
