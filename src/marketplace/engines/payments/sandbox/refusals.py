"""Errors in Stripe's shape."""

from typing import Any


class Refusal(Exception):
    """An answer other than 200. `is_validation`: found before anything ran, so Stripe saves nothing under the key."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
        is_validation: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_validation = is_validation
        words = {"type": kind, "code": code, "message": message, "param": param}
        self.body: dict[str, Any] = {"error": {name: word for name, word in words.items() if word is not None}}


class Declined(Refusal):
    """A bank's no: an answer of 402, and what it left behind (the intent, the failed charge) stays."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error["message"]), status=402)
        self.body = {"error": error}


def unknown_parameter(name: str) -> Refusal:
    message = f"Received unknown parameter: {name}"
    return Refusal(message, code="parameter_unknown", param=name, is_validation=True)


def missing_parameter(name: str) -> Refusal:
    return Refusal(f"Missing required param: {name}.", code="parameter_missing", param=name, is_validation=True)


def invalid_parameter(name: str, message: str, *, code: str = "parameter_invalid") -> Refusal:
    return Refusal(message, code=code, param=name, is_validation=True)


def no_such(kind: str, id: str, param: str = "id") -> Refusal:
    """404 for the object of the address itself, 400 for one named in a parameter (as Stripe does)."""
    status = 404 if param == "id" else 400
    return Refusal(f"No such {kind}: '{id}'", code="resource_missing", param=param, status=status)
