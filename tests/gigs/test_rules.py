"""What a proposal may be and become, and what stays hidden until the shortlist."""

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.escrow.rules import FeeTerms
from marketplace.gigs import rules
from marketplace.gigs.models import ProposalState
from marketplace.gigs.rules import Part, preview
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from marketplace.postings.blind import letter, without_identity
from tests.gigs.writing import OFFER

ENDS = ("accepted", "declined", "withdrawn", "expired")
ALLOWED = {
    *(("draft", "submitted"), ("draft", "withdrawn"), ("draft", "expired"), ("submitted", "shortlisted")),
    *product(("submitted", "shortlisted"), ENDS),
}


@pytest.mark.parametrize(("state", "to"), list(product(get_args(ProposalState), repeat=2)))
def test_only_the_moves_of_the_glossary_are_allowed(state, to) -> None:
    if (state, to) in ALLOWED:
        rules.check_move(state, to)
    else:
        with pytest.raises(rules.ProposalMoveRefused):
            rules.check_move(state, to)


def test_a_whole_offer_can_be_sent() -> None:
    rules.check_offer(OFFER, ["Which phone?"])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("cover", {"cover": "Hire me."}),
        ("cover", {"cover": "x" * 5_001}),
        ("answers-0", {"answers": ()}),
        ("answers-0", {"answers": ("  ",)}),
        ("answers-0", {"answers": ("x" * 2_001,)}),
        ("milestones", {"milestones": ()}),
        ("milestones", {"milestones": (Part("Part", 1, 1),) * 21}),
        ("milestones-0-title", {"milestones": (Part(" ", 1, 1),)}),
        ("milestones-0-amount", {"milestones": (Part("Part", 0, 1),)}),
        ("milestones-0-amount", {"milestones": (Part("Part", -5, 1),)}),
        ("milestones-0-days", {"milestones": (Part("Part", 1, 0),)}),
        ("milestones-1-days", {"milestones": (Part("One", 1, 1), Part("Two", 1, 366))}),
    ],
)
def test_what_is_missing_or_too_much_is_said_at_its_field(field, changes) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_offer(replace(OFFER, **changes), ["Which phone?"])
    assert set(refused.value.fields) == {field}


def test_a_draft_may_be_empty() -> None:
    rules.check_draft(rules.Offer(""))


def test_the_reason_of_a_no_comes_from_the_list() -> None:
    rules.check_decline("price", "")
    rules.check_decline("other", "We do it ourselves.")
    for reason, note in (("", ""), ("because", ""), ("other_chosen", ""), ("other", " "), ("price", "x" * 501)):
        with pytest.raises(Invalid):
            rules.check_decline(reason, note)


def test_letters_go_on_after_z() -> None:
    assert [letter(n) for n in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_no_two_people_share_a_letter(one: int, other: int) -> None:
    assert (letter(one) == letter(other)) == (one == other)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_the_preview_is_the_sum_of_what_each_release_will_pay(amounts: list[int]) -> None:
    shown = preview([Money(amount, "USD") for amount in amounts], FeeTerms(1_000))
    assert shown.whole.gross.amount_minor == sum(amounts)
    assert shown.whole.fee + shown.whole.net == shown.whole.gross
    assert shown.whole.net.amount_minor == sum(amount - amount // 10 for amount in amounts)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I am Ayesha Khan.", "I am ▒▒▒ ▒▒▒."),
        ("ayesha's work, AYESHA", "▒▒▒'s work, ▒▒▒"),
        ("see ayesha-ab12cd34", "see ▒▒▒"),
        ("Write to ayesha.k@mail.example or a@b.pk", "Write to ▒▒▒ or ▒▒▒"),
        ("https://ayesha.dev/work and www.shop.pk/x", "▒▒▒ and ▒▒▒"),
        ("my page is ayeshakhan.com, look", "my page is ▒▒▒, look"),
        ("on insta @ayeshadesigns", "on insta ▒▒▒"),
        ("call 0300-1234567 or +92 300 1234567", "call ▒▒▒ or ▒▒▒"),
        ("میں عائشہ ہوں", "میں عائشہ ہوں"),
        ("A page of 1,200 rows for USD 1,500.00 in 2026.", "A page of 1,200 rows for USD 1,500.00 in 2026."),
        ("Node.js, Vue.js and ASP.NET; e.g. 12-14 days", "Node.js, Vue.js and ASP.NET; e.g. 12-14 days"),
        ("Khanewal is where I work", "Khanewal is where I work"),
        ("0301 7654321, please, or 0301 7654321.", "▒▒▒, please, or ▒▒▒."),
        ("It cost 120,000,000,000 then", "It cost 120,000,000,000 then"),
    ],
)
def test_names_links_and_numbers_are_hidden_and_nothing_else(text: str, kept: str) -> None:
    assert without_identity(text, "Ayesha Khan", "ayesha-ab12cd34") == kept


def test_a_name_in_urdu_is_hidden_too() -> None:
    assert without_identity("میں عائشہ ہوں", "عائشہ خان", "x-1") == "میں ▒▒▒ ہوں"


@given(st.text(max_size=200), st.text(max_size=20))
def test_hiding_never_fails(text: str, name: str) -> None:
    assert isinstance(without_identity(text, name, "handle-1"), str)
