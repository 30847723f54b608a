"""The API over HTTP: who asks, what the body says, and the faults that tests ordered."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any, cast
from urllib.parse import parse_qsl

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from marketplace.engines.payments.sandbox import API_VERSION, api
from marketplace.engines.payments.sandbox.api import Answer, Call, Operation
from marketplace.engines.payments.sandbox.desk import new_id
from marketplace.engines.payments.sandbox.faults import Fault
from marketplace.engines.payments.sandbox.parameters import Wire, decode_form
from marketplace.engines.payments.sandbox.refusals import Refusal, invalid_parameter
from marketplace.engines.payments.sandbox.site import Site

Asked = Request[Any, Any, Any]
Answered = Response[Any]

_FAILURE: Wire = {"error": {"type": "api_error", "message": "An unknown error occurred (ordered by a test)."}}
_TOO_MANY: Wire = {
    "error": {
        "type": "invalid_request_error",
        "code": "rate_limit",
        "message": "Request rate limit exceeded.",
    }
}


def api_routes(site: Site) -> list[HTTPRouteHandler]:
    """One route for each operation."""
    return [_route(site, operation) for operation in api.OPERATIONS]


def _route(site: Site, operation: Operation) -> HTTPRouteHandler:
    async def handle(request: Asked) -> Answered:
        try:
            call = await _decode(request, operation)
            return await _answer(site, call)
        except Refusal as refusal:
            return _response(Answer(refusal.status, refusal.body))

    path = operation.path.replace("{id}", "{id:str}")
    return HTTPRouteHandler(path, http_method=HttpMethod(operation.method), status_code=200, name=operation.name)(
        handle
    )


async def _decode(request: Asked, operation: Operation) -> Call:
    """Raises: Refusal for a wrong key of the API, a version we do not speak, or a body that can't be read."""
    secret = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not secret.startswith("sk_test_"):
        raise Refusal("Invalid API Key provided: the sandbox wants one that begins with sk_test_.", status=401)
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise Refusal(f"Invalid Stripe API version: {version}; the sandbox speaks {API_VERSION}.")
    key = request.headers.get("idempotency-key") if operation.method == "POST" else None
    if key is not None and not 0 < len(key) <= 255:
        raise invalid_parameter("Idempotency-Key", "Idempotency keys have 1 to 255 characters.")
    return Call(
        operation=operation,
        given=_parameters(request, await request.body(), operation),
        ids={name: str(value) for name, value in request.path_params.items()},
        account=request.headers.get("stripe-account", ""),
        key=key,
    )


def _parameters(request: Asked, body: bytes, operation: Operation) -> Wire:
    if operation.method == "GET":
        return decode_form(parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True))
    if not operation.is_v2:
        return decode_form(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        given: Any = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid_parameter("", "Invalid JSON") from error
    if not isinstance(given, dict):
        raise invalid_parameter("", "Invalid JSON object")
    return cast(Wire, given)


async def _answer(site: Site, call: Call) -> Answered:
    """Refuse a second call with a key that is under way (409), else act, with the fault that was ordered."""
    if call.key is None:
        return await _act(site, call)
    mark = (call.account, call.key)
    if mark in site.in_flight:
        raise Refusal(
            "There is currently another in-progress request using this Idempotent Key"
            " (that probably means you submitted twice, and the other request is still going through).",
            code="idempotency_key_in_use",
            kind="idempotency_error",
            status=409,
        )
    site.in_flight.add(mark)
    try:
        return await _act(site, call)
    finally:
        site.in_flight.discard(mark)


async def _act(site: Site, call: Call) -> Answered:
    if (most := site.desk().setting("requests_per_second")) and site.is_too_fast(call.operation.name, most):
        return _response(Answer(429, _TOO_MANY))
    fault = site.faults.take(call.operation.name)
    match fault.kind if fault else "":
        case "429":
            return _response(Answer(429, _TOO_MANY))
        case "503_before":
            return _response(Answer(503, _FAILURE))
        case "500_before":
            return _response(_save_failure(site, call))
        case "500_after":
            return _response(_fail_after(site, call))
        case _:
            done = api.answer(site.books, call, now=site.now(), address=site.address)
            site.changed()
            return await _with_fault(done, fault)


def _save_failure(site: Site, call: Call) -> Answer:
    failure = Answer(500, _FAILURE)
    with site.books.transaction():
        api.save(site.books, call, failure, now=site.now())
    return failure


def _fail_after(site: Site, call: Call) -> Answer:
    """Act without the key, then keep the failure under it; what the key has done already is only said again."""
    if call.key and site.books.saved_answer(call.account, call.key):
        return api.answer(site.books, call, now=site.now(), address=site.address)
    keyless = Call(call.operation, call.given, call.ids, call.account, None)
    api.answer(site.books, keyless, now=site.now(), address=site.address)
    site.changed()
    return _save_failure(site, call)


async def _with_fault(done: Answer, fault: Fault | None) -> Answered:
    match fault.kind if fault else "":
        case "drop_after":
            headers = {"Content-Length": "1000"}
            return Stream(_half_an_answer(), status_code=200, media_type="application/json", headers=headers)
        case "garbage":
            return Response(content="<html>proxy</html>", status_code=200, media_type="text/html")
        case "stall":
            assert fault is not None
            await asyncio.sleep(fault.seconds)
            return _response(done)
        case _:
            return _response(done)


def _response(done: Answer) -> Answered:
    headers = {"Request-Id": new_id("req", 14), "Stripe-Version": API_VERSION}
    if done.is_replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(content=done.body, status_code=done.status, media_type="application/json", headers=headers)


class ConnectionDropped(Exception):
    """Makes the server close the connection in the middle of an answer."""


async def _half_an_answer() -> AsyncGenerator[bytes]:
    yield b'{"id": '
    await asyncio.sleep(0.05)
    raise ConnectionDropped
