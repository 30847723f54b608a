"""Parameters as Stripe takes them: bracketed forms (v1) or JSON (v2), closed, with their types checked."""

import re
from collections.abc import Callable, Iterable
from typing import Any, cast

from marketplace.engines.payments.sandbox.refusals import invalid_parameter, missing_parameter, unknown_parameter

Wire = dict[str, Any]
Reader = Callable[[Any, str], Any]

_STEPS = re.compile(r"\[([^\[\]]*)\]")
_LARGEST_AMOUNT = 99_999_999  # docs.stripe.com/currencies: eight digits


def decode_form(pairs: Iterable[tuple[str, str]]) -> Wire:
    """`line_items[0][price_data][currency]=usd` as nested dictionaries and lists."""
    root: Wire = {}
    for name, value in pairs:
        head, *_ = name.split("[", 1)
        steps = [head, *_STEPS.findall(name)]
        target = root
        for step in steps[:-1]:
            target = cast(Wire, target.setdefault(step, {}))
            if not isinstance(target, dict):  # pyright: ignore[reportUnnecessaryIsInstance] - a=1&a[b]=2 from a stranger
                raise invalid_parameter(name, f"Invalid hash: {name}")
        last = steps[-1] or str(len(target))
        target[last] = value
    return cast(Wire, _with_lists(root))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    items = {key: _with_lists(each) for key, each in cast(Wire, value).items()}
    if items and all(key.isdecimal() for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items


def text(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) > 5000:
        raise invalid_parameter(name, f"Invalid string: {name}")
    return value


def integer(value: Any, name: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise invalid_parameter(name, f"Invalid integer: {value}", code="parameter_invalid_integer")


def amount(value: Any, name: str) -> int:
    number = integer(value, name)
    if number < 1:
        raise invalid_parameter(
            name, "This value must be greater than or equal to 1.", code="parameter_invalid_integer"
        )
    if number > _LARGEST_AMOUNT:
        raise invalid_parameter(name, "Amount must be no more than 999,999.99", code="amount_too_large")
    return number


def boolean(value: Any, name: str) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise invalid_parameter(name, f"Invalid boolean: {value}")


def currency(value: Any, name: str) -> str:
    if not re.fullmatch(r"[a-z]{3}", text(value, name).lower()):
        raise invalid_parameter(name, f"Invalid currency: {value}", code="invalid_currency")
    return str(value).lower()


def metadata(value: Any, name: str) -> dict[str, str]:
    if value == "":
        return {}
    pairs = shape_of_any(value, name)
    if len(pairs) > 50 or any(len(key) > 40 or len(str(each)) > 500 for key, each in pairs.items()):
        raise invalid_parameter(name, "Metadata has at most 50 keys of 40 letters and values of 500.")
    return {key: str(each) for key, each in pairs.items()}


def shape_of_any(value: Any, name: str) -> Wire:
    if not isinstance(value, dict):
        raise invalid_parameter(name, "Invalid object")
    return cast(Wire, value)


def one_of(*words: str) -> Reader:
    def read(value: Any, name: str) -> str:
        if value not in words:
            allowed = ", ".join(words)
            raise invalid_parameter(name, f"Invalid {name}: must be one of {allowed}", code="parameter_invalid_enum")
        return str(value)

    return read


def each(reader: Reader) -> Reader:
    def read(value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise invalid_parameter(name, "Invalid array")
        return [reader(item, f"{name}[{index}]") for index, item in enumerate(cast(list[Any], value))]

    return read


def shape(required: tuple[str, ...] = (), /, **fields: Reader) -> Reader:
    """A closed object: any other name is refused, as Stripe does."""

    def read(value: Any, name: str) -> Wire:
        given = shape_of_any(value, name)
        for key in given:
            if key not in fields:
                raise unknown_parameter(_child(name, key))
        for key in required:
            if key not in given:
                raise missing_parameter(_child(name, key))
        return {key: fields[key](item, _child(name, key)) for key, item in given.items()}

    return read


def _child(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


def gone(_value: Any, name: str) -> Any:
    """payment_method_types, since API 2026-09-30.endive."""
    raise invalid_parameter(
        name,
        f"The `{name}` parameter is no longer supported. Use `allowed_payment_method_types` instead.",
        code="payment_method_types_no_longer_supported",
    )


EXPAND = each(text)
CREATED = shape(gt=integer, gte=integer, lt=integer, lte=integer)


def created(value: Any, name: str) -> Wire:
    """A moment, or a range of them."""
    if isinstance(value, str):
        moment = integer(value, name)
        return {"gte": moment, "lte": moment}
    return cast(Wire, CREATED(value, name))


def page(**filters: Reader) -> Reader:
    """The parameters of a list."""
    return shape(
        limit=integer,
        starting_after=text,
        ending_before=text,
        created=created,
        expand=EXPAND,
        **filters,
    )
