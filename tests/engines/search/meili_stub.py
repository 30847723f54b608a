"""A Meilisearch for tests, on loopback: enough of its API to be written to and searched, and every fault on demand.

It finds exact words only; what it is asked is checked against Meilisearch's own OpenAPI where that file is at hand.
"""

import asyncio
import json
import os
import re
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
FILE = "meilisearch-openapi-1.53.0.json"
REASON = f"{FILE} is not here (MARKETPLACE_CONTRACTS, ../shared/contracts)"


class MeiliStub:
    """`fault`: "" answers properly; down, slow, half, empty, busy; `ends` is how tasks end; `requests` what came."""

    def __init__(self) -> None:
        self.version, self.key, self.fault, self.ends = "1.50.0", "", "", "succeeded"
        self.indexes: dict[str, dict[str, Any]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: list[asyncio.Task[Any]] = []
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            self._ended.set()
            for writer in self._writers:
                writer.close()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def ids(self, uid: str) -> set[str]:
        return set(self.indexes.get(uid, {"documents": {}})["documents"])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._serving.append(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._one(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, _ = head.split(" ", 2)
        length = re.search(r"content-length: (\d+)", head, re.I)
        body = await reader.readexactly(int(length[1])) if length else b""
        if self.fault == "down":
            raise ConnectionResetError
        if self.fault == "slow":
            await self._ended.wait()
            raise ConnectionResetError
        asked = json.loads(body) if body else None
        self.requests.append((method, path, asked))
        key = re.search(r"authorization: bearer (\S+)", head, re.I)
        status, answer = 403, {"code": "invalid_api_key", "message": "The provided API key is invalid."}
        if not self.key or (key and key[1] == self.key):
            status, answer = self._answer(method, path, asked)
        content = json.dumps(answer).encode()
        if self.fault in ("half", "empty"):
            status, content = 200, content[: len(content) // 2] if self.fault == "half" else b"{}"
        if self.fault == "busy":
            status = 503
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()

    def _answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        match method, parts:
            case "GET", ["version"]:
                return 200, {"pkgVersion": self.version, "commitSha": "", "commitDate": ""}
            case "GET", ["tasks", number]:
                return 200, self.tasks[int(number)]
            case "POST", ["indexes"]:
                return self._task(lambda: self._make(body["uid"]))
            case "POST", ["swap-indexes"]:
                return self._task(lambda: self._swap(**body[0]))
            case "POST", ["multi-search"]:
                return self._searched(body["queries"])
            case "DELETE", ["indexes", uid]:
                return self._task(lambda: self.indexes.pop(uid), exists=uid in self.indexes)
            case _, ["indexes", uid, *rest]:
                return self._of_index(method, uid, rest, body)
        return 404, {"code": "not_found", "message": path}

    def _of_index(self, method: str, uid: str, rest: list[str], body: Any) -> tuple[int, Any]:
        index = self.indexes.get(uid)
        if method == "GET" and index is None:
            return 404, {"code": "index_not_found", "message": f"Index `{uid}` not found."}
        match method, rest:
            case "GET", []:
                return 200, {"uid": uid}
            case "GET", ["settings"]:
                return 200, index["settings"]
            case "GET", ["stats"]:
                return 200, {"numberOfDocuments": len(index["documents"])}
            case "PATCH", ["settings"]:
                return self._task(lambda: self.indexes[uid]["settings"].update(body))
            case "POST", ["documents"]:
                return self._task(lambda: self.indexes[uid]["documents"].update({each["id"]: each for each in body}))
            case "POST", ["documents", "delete-batch"]:
                return self._task(lambda: [self.indexes[uid]["documents"].pop(id, None) for id in body])
            case "POST", ["documents", "fetch"]:
                ids = sorted(index["documents"])[body["offset"] : body["offset"] + body["limit"]]
                return 200, {"results": [{"id": id} for id in ids]}
        return 404, {"code": "not_found", "message": "/".join(rest)}

    def _task(self, act, *, exists: bool = True) -> tuple[int, Any]:
        task = {"uid": len(self.tasks), "status": self.ends, "error": None}
        if not exists:
            task |= {"status": "failed", "error": {"code": "index_not_found", "message": "not found"}}
        elif self.ends == "succeeded":
            act()
        elif self.ends == "failed":
            task["error"] = {"code": "no_space_left_on_device", "message": "no space left"}
        self.tasks.append(task)
        return 202, {"taskUid": task["uid"], "status": "enqueued"}

    def _make(self, uid: str) -> None:
        self.indexes[uid] = {"settings": {}, "documents": {}}

    def _swap(self, indexes: list[str], *, rename: bool = False) -> None:
        one, other = indexes
        if rename:
            self.indexes[other] = self.indexes.pop(one)
        else:
            self.indexes[one], self.indexes[other] = self.indexes[other], self.indexes[one]

    def _searched(self, queries: list[dict[str, Any]]) -> tuple[int, Any]:
        results = []
        for query in queries:
            if query["indexUid"] not in self.indexes:
                return 400, {"code": "index_not_found", "message": "not found"}
            documents = self.indexes[query["indexUid"]]["documents"].values()
            words = query["q"].split()
            hits = [each["id"] for each in documents if set(words) <= _words(each)]
            begin = query.get("offset", 0)
            page = [{"id": id, "_rankingScore": 1} for id in hits[begin : begin + query.get("limit", 20)]]
            results.append({"hits": page, "estimatedTotalHits": len(hits), "facetDistribution": {}})
        return 200, {"results": results}


def _words(document: dict[str, Any]) -> set[str]:
    return {word for name, text in document.items() if name.endswith("_s") for word in text.split()}


class MeiliContract:
    """Meilisearch's OpenAPI as a judge of what it is asked."""

    def __init__(self) -> None:
        self.document = json.loads(self.file().read_text(encoding="utf-8"))
        # The file says an object with `patterns`; the server takes the bare list (`#[serde(transparent)]` in
        # crates/milli/src/attribute_patterns.rs of v1.50.0), as its examples of `facets` do.
        self.document["components"]["schemas"]["AttributePatterns"] = {"type": "array", "items": {"type": "string"}}

    @staticmethod
    def file() -> Path:
        return Path(os.environ.get("MARKETPLACE_CONTRACTS", ROOT.parent / "shared" / "contracts")) / FILE

    def check(self, method: str, path: str, body: Any) -> str:
        """Raises when there is no such request, or its body is none of its kind. Returns its name."""
        patterns = {each: re.sub(r"\{\w+\}", "[^/]+", each) for each in self.document["paths"]}
        known = [each for each in sorted(patterns, key=lambda each: "{" in each) if re.fullmatch(patterns[each], path)]
        assert known and method.lower() in self.document["paths"][known[0]], f"Meilisearch has no {method} {path}"
        operation = self.document["paths"][known[0]][method.lower()]
        if body is None:
            assert not operation.get("requestBody", {}).get("required"), f"{method} {path} needs a body"
        else:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            Draft202012Validator({**schema, "components": self.document["components"]}).validate(body)
            if known[0] == "/multi-search":
                query = {"$ref": "#/components/schemas/SearchQueryWithIndex", "components": self.document["components"]}
                names = set(self.document["components"]["schemas"]["SearchQueryWithIndex"]["properties"])
                for each in body["queries"]:
                    Draft202012Validator(query).validate(each)
                    assert set(each) <= names, f"Meilisearch does not know {set(each) - names}"
        return f"{method} {known[0]}"
