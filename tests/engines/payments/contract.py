"""Stripe's OpenAPI as a judge of what we send and of what the sandbox answers.

The file is not ours and not in the repository: MARKETPLACE_CONTRACTS names its folder, else ../shared/contracts.
"""

import json
import os
import re
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import stripe
from aiohttp import ClientTimeout, TCPConnector
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
FILE = "stripe-openapi-2026-10-28.json"
REASON = f"{FILE} is not here (MARKETPLACE_CONTRACTS, ../shared/contracts)"
BEYOND = (re.compile(r"(GET|POST) .*/v1/payment_methods/[^/]+(/detach)?$"),)
"""What we call that the subset leaves out: there the SDK's own methods and the sandbox's closed parameters judge."""
_STEP = re.compile(r"\[([^\[\]]*)\]")


class Contract:
    """The document, with a validator per schema. `covered` are the operations that were judged."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.covered: set[str] = set()
        self._validators: dict[str, Draft202012Validator] = {}
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path) for path in self.document["paths"]]

    @staticmethod
    def file() -> Path:
        return Path(os.environ.get("MARKETPLACE_CONTRACTS", ROOT.parent / "shared" / "contracts")) / FILE

    @classmethod
    def find(cls) -> Self | None:
        return cls(cls.file()) if cls.file().exists() else None

    @property
    def version(self) -> str:
        return self.document["info"]["version"]

    def operation(self, method: str, url: str) -> tuple[str, dict[str, Any]]:
        """The described operation behind an address. Raises: AssertionError when Stripe has none."""
        path = urlsplit(url).path
        # A literal path wins over one with an id in it.
        known = sorted((each for pattern, each in self._paths if pattern.match(path)), key=lambda each: "{" in each)
        assert known and method.lower() in self.document["paths"][known[0]], f"Stripe has no {method} {path}"
        return f"{method.upper()} {known[0]}", self.document["paths"][known[0]][method.lower()]

    def judges(self, method: str, url: str) -> bool:
        """Whether the subset describes this operation."""
        return not any(each.match(f"{method.upper()} {urlsplit(url).path}") for each in BEYOND)

    def check_request(self, method: str, url: str, body: str) -> None:
        if not self.judges(method, url):
            return
        name, operation = self.operation(method, url)
        self.covered.add(name)
        if method.lower() == "get":
            known = {each["name"] for each in operation["parameters"]}
            given = {key.split("[")[0] for key, _ in parse_qsl(urlsplit(url).query)}
            assert given <= known, f"{name}: unknown {given - known}"
            return
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            self._validate(json.loads(body or "{}"), content["application/json"]["schema"], name)
        elif content:
            schema = content["application/x-www-form-urlencoded"]["schema"]
            self._validate(self._typed(decode(body), schema), schema, name)

    def check_answer(self, method: str, url: str, status: int, answer: Any) -> None:
        if not self.judges(method, url):
            return
        name, operation = self.operation(method, url)
        responses = operation["responses"]
        described = responses.get(str(status), responses["default"])
        schema = described["content"]["application/json"]["schema"]
        self._validate(answer, schema, f"{name} → {status}")
        if status == 200:
            self._refuse_unknown(answer, schema, name)

    def check_object(self, value: Any, schema: str) -> None:
        """An object on its own (in an event)."""
        self._validate(value, {"$ref": f"#/components/schemas/{schema}"}, schema)

    def _validate(self, value: Any, schema: dict[str, Any], name: str) -> None:
        validator = self._validators.get(name)
        if validator is None:
            whole = {**schema, "components": self.document["components"]}
            validator = self._validators[name] = Draft202012Validator(whole)
        errors = [
            f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in validator.iter_errors(value)
        ]
        assert not errors, f"{name}: {errors[:5]}"

    def _refuse_unknown(self, value: Any, schema: dict[str, Any], name: str) -> None:
        """A misspelt property of an answer: schemas of answers are open, so the top level is looked at here."""
        known = self._resolve(schema).get("properties", {})
        assert not known or set(value) <= set(known), f"{name}: unknown {set(value) - set(known)}"

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        for choice in schema.get("anyOf", []):
            resolved = self._resolve(choice)
            if resolved.get("type") in ("object", "array", "integer", "boolean"):
                return resolved
        return schema

    def _typed(self, value: Any, schema: dict[str, Any]) -> Any:
        """Forms know only text: turn it into what the schema wants where that can be done."""
        schema = self._resolve(schema)
        if isinstance(value, dict):
            properties, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
            return {
                key: self._typed(each, properties.get(key, others if isinstance(others, dict) else {}))
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self._typed(each, schema.get("items", {})) for each in value]
        if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
            return int(value)
        if schema.get("type") == "boolean" and value in ("true", "false"):
            return value == "true"
        return value


def decode(body: str) -> Any:
    """The bracketed form as nested dictionaries and lists (written apart from the sandbox's own decoder)."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        steps = [name.split("[", 1)[0], *_STEP.findall(name)]
        here = root
        for step in steps[:-1]:
            here = here.setdefault(step, {})
        here[steps[-1]] = value
    return _lists(root)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(each) for key, each in value.items()}
    return list(inner.values()) if inner and all(key.isdecimal() for key in inner) else inner


class CheckingClient(stripe.AIOHTTPClient):
    """The SDK's transport with the judge in the middle."""

    def __init__(self, contract: Contract | None) -> None:
        # Loopback without TLS: reading the certificates of the world costs 40 ms for each client.
        super().__init__(timeout=ClientTimeout(total=10), connector=TCPConnector(ssl=False))
        self.contract = contract

    async def request_async(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        body = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
        if self.contract:
            self.contract.check_request(method, url, body)
        content, status, answered = await super().request_async(method, url, headers, post_data)
        if self.contract and content[:1] == b"{":
            self.contract.check_answer(method, url, status, json.loads(content))
        return content, status, answered


def checking_client(contract: Contract | None) -> CheckingClient:
    return CheckingClient(contract)
