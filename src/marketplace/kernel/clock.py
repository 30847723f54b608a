"""The one source of now.

In demo and tests one stored offset moves the time of web, worker and sandbox together
(`marketplace clock advance 14d`). It lies in a file beside the data, so that it survives a restart
and that the sandbox, which has no PostgreSQL, reads the same one.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


class _Offset:
    """The offset file and what was last read of it; read again only when the file changed."""

    path: Path | None = None
    stamp: int = -1
    value: timedelta = timedelta()


def use_offset_file(path: Path | None) -> None:
    """Read the offset from `path` from now on (demo and tests); None: real time only (production)."""
    _Offset.path, _Offset.stamp, _Offset.value = path, -1, timedelta()


def now() -> datetime:
    """The present, aware, in UTC, with the offset of the demo added."""
    return datetime.now(UTC) + offset()


def offset() -> timedelta:
    """How far the demo's time is ahead of the real one; zero in production."""
    if _Offset.path is None:
        return timedelta()
    try:
        stamp = _Offset.path.stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta()
    if stamp != _Offset.stamp:
        text = _Offset.path.read_text(encoding="ascii").strip()
        _Offset.stamp, _Offset.value = stamp, timedelta(seconds=float(text or 0))
    return _Offset.value


def advance(by: timedelta) -> timedelta:
    """Move the stored offset forward by `by` and return the new one. Time never goes back.

    Raises: RuntimeError outside demo and tests (no offset file), ValueError when `by` is negative.
    """
    if _Offset.path is None:
        raise RuntimeError("the clock moves only in demo and tests")
    if by < timedelta():
        raise ValueError("time does not go back")
    total = offset() + by
    fresh = _Offset.path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(str(total.total_seconds()), encoding="ascii")
    fresh.replace(_Offset.path)
    _Offset.stamp = -1
    return total
