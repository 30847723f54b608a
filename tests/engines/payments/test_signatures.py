"""Only Stripe's word counts: forged, old, early and misplaced signatures are refused."""

import hashlib
import hmac
import json
import time

import pytest

from marketplace.engines.payments.errors import InvalidSignature
from marketplace.engines.payments.webhooks import WebhookSecrets, verify

SECRETS = WebhookSecrets(own="whsec_own", connect="whsec_connect")
OURS = json.dumps({"id": "evt_1", "object": "event", "type": "charge.succeeded"}).encode()
HERS = json.dumps({"id": "evt_2", "object": "event", "type": "payout.paid", "account": "acct_1"}).encode()
THIN = json.dumps({"id": "evt_3", "type": "v2.core.account[requirements].updated", "context": "acct_1"}).encode()


def signed(payload: bytes, secret: str, *, seconds: int = 0) -> str:
    at = int(time.time()) + seconds
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + payload, hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize(("payload", "secret"), [(OURS, SECRETS.own), (HERS, SECRETS.connect), (THIN, SECRETS.connect)])
def test_the_right_secret_is_heard(payload: bytes, secret: str) -> None:
    assert verify(payload, signed(payload, secret), SECRETS) == json.loads(payload)


def test_a_second_signature_counts_while_secrets_change() -> None:
    at, right = signed(OURS, SECRETS.own).split(",")
    assert verify(OURS, f"{at},v1={'0' * 64},{right}", SECRETS)["id"] == "evt_1"


@pytest.mark.parametrize("seconds", [-301, 302, 86_400])
def test_old_and_early_ones_are_refused(seconds: int) -> None:
    with pytest.raises(InvalidSignature):
        verify(OURS, signed(OURS, SECRETS.own, seconds=seconds), SECRETS)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    assert verify(OURS, signed(OURS, SECRETS.own, seconds=seconds), SECRETS)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "nonsense",
        "t=abc,v1=def",
        f"v1={'0' * 64}",
        signed(OURS, "whsec_wrong"),
        signed(OURS, SECRETS.connect),
        signed(OURS + b" ", SECRETS.own),
        signed(OURS, SECRETS.own).replace("v1=", "v0="),
    ],
    ids=["none", "empty", "nonsense", "letters", "no time", "wrong secret", "other secret", "other text", "old scheme"],
)
def test_forged_ones_are_refused(signature: str | None) -> None:
    with pytest.raises(InvalidSignature):
        verify(OURS, signature, SECRETS)


def test_our_endpoints_secret_does_not_speak_for_connected_accounts() -> None:
    with pytest.raises(InvalidSignature):
        verify(HERS, signed(HERS, SECRETS.own), SECRETS)


@pytest.mark.parametrize("secret", ["", "  "])
def test_an_empty_secret_disables_the_endpoint(secret: str) -> None:
    with pytest.raises(InvalidSignature, match="disabled"):
        verify(OURS, signed(OURS, secret), WebhookSecrets(own=secret))


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"[]", b"{}", b'{"id": 1, "type": "x"}', b'{"id": "evt_1"}'])
def test_what_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify(payload, signed(payload, SECRETS.own), SECRETS)
