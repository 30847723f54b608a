"""`marketplace fairs export` and `import`: what was written loads and is written again byte for byte, or not at all."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.kernel.database import Database
from tests.cast import make_cast
from tests.fairs.scenes import make_hall, wish

pytestmark = pytest.mark.slow  # starts programs


async def _run(database: Database, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    url = database.engine.url.render_as_string(hide_password=False)
    environment = os.environ | {"MARKETPLACE_ENV": "test", "DATABASE_URL": url, "MARKETPLACE_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "marketplace.cli", "fairs", *words]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


async def test_out_and_in_again(cloned_database: Database, tmp_path: Path) -> None:
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        hall, empty = await make_hall(db, cast), await make_hall(db, cast, booths=0, candidates=0)
        await wish(db, hall.candidates[0], hall.booths[0], "must")
        slugs = hall.fair.slug, empty.fair.slug
    first, again = tmp_path / "first.zip", tmp_path / "again.zip"
    for what, slug, path in (("export", slugs[0], first), ("import", slugs[1], first), ("export", slugs[1], again)):
        done = await _run(cloned_database, tmp_path, what, slug, str(path))
        assert done.returncode == 0, done.stderr
    assert again.read_bytes() == first.read_bytes()
    refused = await _run(cloned_database, tmp_path, "import", slugs[1], str(again))
    assert refused.returncode == 1 and "make a new one" in refused.stderr
