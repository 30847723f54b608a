"""The sandbox and we speak the API version of the SDK, and Stripe's OpenAPI judges all that we say."""

import ast
from pathlib import Path

import pytest
import stripe

from marketplace.engines import payments
from marketplace.engines.payments.sandbox import API_VERSION
from marketplace.engines.payments.sandbox.api import OPERATIONS
from tests.engines.payments.contract import REASON, Contract

needs_contract = pytest.mark.skipif(not Contract.file().exists(), reason=REASON)


def _imports(folder: Path) -> set[str]:
    found: set[str] = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("marketplace"):
                found |= {str(node.module), *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def test_the_two_sides_share_no_code() -> None:
    """What one side misunderstands, the other must notice."""
    folder = Path(payments.__file__).parent
    sandbox = "marketplace.engines.payments.sandbox"
    assert not {each for each in _imports(folder) if each.startswith(sandbox)}
    theirs = _imports(folder / "sandbox")
    assert {each for each in theirs if each.startswith("marketplace.engines") and not each.startswith(sandbox)} == set()
    assert {each for each in theirs if each.startswith("marketplace.kernel")} <= {
        *("marketplace.kernel", "marketplace.kernel.clock"),
        *("marketplace.kernel.paths", "marketplace.kernel.paths.resource"),
    }


def test_the_sandbox_speaks_the_version_of_the_sdk() -> None:
    assert API_VERSION == stripe.api_version


@needs_contract
def test_the_contract_is_that_of_the_sdk(contract: Contract) -> None:
    assert contract.version == stripe.api_version


@needs_contract
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_of_the_sandbox_is_one_of_stripe(contract: Contract, operation) -> None:
    if not contract.judges(operation.method, operation.path.replace("{id}", "x_1")):
        return
    name, _described = contract.operation(operation.method, operation.path.replace("{id}", "x_1"))
    assert name.split()[0] == operation.method


@needs_contract
@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("post", "/v1/checkout/sessions", "mode=payment&payment_method_types[0]=card", "payment_method_types"),
        ("post", "/v1/transfers", "amount=100&currency=usd&destinaton=acct_1", "destinaton"),
        ("post", "/v1/transfers", "amount=1.5&currency=usd&destination=acct_1", "1.5"),
        ("post", "/v1/refunds", "charge=ch_1&reason=because", "because"),
        ("post", "/v1/escrows", "", "Stripe has no"),
        ("get", "/v1/transfers?group=x", "", "group"),
    ],
)
def test_the_judge_notices(contract: Contract, method: str, path: str, body: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        contract.check_request(method, f"http://x{path}", body)


@needs_contract
def test_the_judge_notices_a_wrong_answer(contract: Contract) -> None:
    with pytest.raises(AssertionError, match="required property"):
        contract.check_answer("post", "http://x/v1/transfers", 200, {"id": "tr_1", "object": "transfer"})
