"""Talks to one Meilisearch: clear words when it is down, old or refuses; waiting for a task with an end."""

import asyncio
import json
import re
from typing import Any, cast

from httpx2 import HTTPError, Response, Timeout
from meilisearch_python_sdk import AsyncClient

OLDEST = (1, 50)
_SEARCH_SECONDS, _WRITE_SECONDS, _CONNECT_SECONDS = 3.0, 30.0, 1.0
_WAIT_SECONDS = 120.0
_PLAIN = {"Accept-Encoding": "identity"}
"""Packed answers come in two pieces, of which the second waits 40 ms for a packet of ours (measured on 1.50.0)."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


class SearchUnavailable(OSError):
    """Meilisearch is down, too slow, too old or gave half an answer: try again later."""


class WrongMeilisearch(SearchUnavailable):
    """It answers, but can't be worked with: too old, another key, or no Meilisearch at all."""


class MeiliRefused(ValueError):
    """Meilisearch answered and said no; `code` is its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"Meilisearch: {message} ({code})")
        self.code = code


class TaskFailed(OSError):
    """A task of Meilisearch failed, was canceled or took too long; the message says which and why."""


class Meili:
    """One server and a key for it; how long to wait for a task and for a search."""

    def __init__(
        self, url: str, key: str = "", *, wait_seconds: float = _WAIT_SECONDS, search_seconds: float = _SEARCH_SECONDS
    ) -> None:
        self.url = url
        self._http = AsyncClient(url, key or None).http_client
        self._wait_seconds, self._search_seconds = wait_seconds, search_seconds

    async def close(self) -> None:
        await self._http.aclose()

    async def greet(self) -> str:
        """Its version, when it is one that we can work with and takes our key.

        Raises: SearchUnavailable saying in one line what is wrong and what to do.
        """
        try:
            version = str((await self.get("/version"))["pkgVersion"])
        except (KeyError, TypeError, MeiliRefused) as error:
            raise WrongMeilisearch(f"MEILI_URL: what answers at {self.url} is not Meilisearch") from error
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
        if numbers < OLDEST:
            raise WrongMeilisearch(f"MEILI_URL: Meilisearch {version} is too old, 1.50 or newer is needed")
        return version

    async def get(self, path: str) -> Any:
        return await self.send("GET", path)

    async def send(self, method: str, path: str, body: Any = None, *, seconds: float = _WRITE_SECONDS) -> Any:
        """One request; the answer's JSON.

        Raises: MeiliRefused when it says no, SearchUnavailable when it does not answer properly.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {**_PLAIN, "Content-Type": "application/json"} if content else _PLAIN
        timeout = Timeout(seconds, connect=_CONNECT_SECONDS)
        try:
            answer = await self._http.request(method, path, content=content, headers=headers, timeout=timeout)
            return self._content(answer)
        except HTTPError as error:
            raise SearchUnavailable(f"Meilisearch at {self.url}: {type(error).__name__} {error}".strip()) from error

    async def search(self, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Several searches in one request."""
        answer = await self.send("POST", "/multi-search", {"queries": queries}, seconds=self._search_seconds)
        results = cast("dict[str, Any]", answer).get("results")
        if not isinstance(results, list) or len(cast("list[Any]", results)) != len(queries):
            raise SearchUnavailable(f"Meilisearch at {self.url}: half an answer")
        return cast("list[dict[str, Any]]", results)

    async def task(self, method: str, path: str, body: Any = None) -> int:
        """Ask for a change; the number of the task that will make it."""
        answer = await self.send(method, path, body)
        try:
            return int(answer["taskUid"])
        except (KeyError, TypeError, ValueError) as error:
            raise SearchUnavailable(f"Meilisearch at {self.url}: half an answer to {method} {path}") from error

    async def done(self, task: int, *, missing_is_fine: bool = False) -> None:
        """Wait until the task has ended well.

        Raises: TaskFailed when it failed, was canceled or is not done in time.
        """
        loop = asyncio.get_running_loop()
        pause, end = _FIRST_PAUSE, loop.time() + self._wait_seconds
        while True:
            found = cast("dict[str, Any]", await self.get(f"/tasks/{task}"))
            match found.get("status"):
                case "succeeded":
                    return
                case "failed" | "canceled" as status:
                    error = cast("dict[str, str]", found.get("error") or {})
                    if missing_is_fine and error.get("code") == "index_not_found":
                        return
                    said = error.get("message") or "no reason was given"
                    if error.get("type") == "invalid_request":
                        raise MeiliRefused(error.get("code", ""), said)
                    raise TaskFailed(f"Meilisearch task {task} {status}: {said} ({error.get('code', '')})")
                case _ if loop.time() >= end:
                    raise TaskFailed(f"Meilisearch task {task} is not done after {self._wait_seconds:.0f} s")
                case _:
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _content(self, answer: Response) -> Any:
        if answer.status_code in (401, 403):
            raise WrongMeilisearch(f"MEILI_KEY: Meilisearch at {self.url} refuses it")
        if answer.status_code in (429, 500, 502, 503, 504):
            raise SearchUnavailable(f"Meilisearch at {self.url} answers {answer.status_code}")
        try:
            content = answer.json()
        except ValueError as error:
            raise SearchUnavailable(f"Meilisearch at {self.url}: half an answer") from error
        if answer.is_success:
            return content
        refused = cast("dict[str, str]", content) if isinstance(content, dict) else {}
        raise MeiliRefused(refused.get("code", str(answer.status_code)), refused.get("message", "refused"))
