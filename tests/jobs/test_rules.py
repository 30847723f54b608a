"""What an application may be and become."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from marketplace.jobs import rules
from marketplace.jobs.models import ApplicationState
from marketplace.jobs.rules import Card, Entry
from marketplace.kernel.errors import Invalid
from tests.jobs.writing import ENTRY, NIGHTS, PHONE

ENDS = ("rejected", "withdrawn")
ALLOWED = {
    *product(("submitted", "screening", "interview", "offer"), ENDS),
    *(("submitted", "screening"), ("submitted", "interview"), ("submitted", "offer")),
    *(("screening", "interview"), ("screening", "offer"), ("interview", "offer"), ("offer", "interview")),
    *(("interview", "hired"), ("offer", "hired")),
}


def test_only_the_moves_of_the_glossary_are_allowed() -> None:
    for state, to in product(get_args(ApplicationState), repeat=2):
        if (state, to) in ALLOWED:
            rules.check_move(state, to)
        else:
            with pytest.raises(rules.ApplicationMoveRefused):
                rules.check_move(state, to)


def test_every_state_has_words_and_every_waiting_one_an_end() -> None:
    assert set(rules.STATE_WORDS) == set(get_args(ApplicationState)) == {*rules.STAGES, "withdrawn"}
    for state in rules.WAITING:
        assert "rejected" in rules.MOVES[state]
    assert set(rules.CHOOSABLE_REASONS) < set(rules.REJECT_REASONS)


def test_who_may_apply_when() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    later = at + timedelta(days=1)
    assert rules.takes_applications("job", "open", later, at)
    assert rules.takes_applications("internship", "open", later, at)
    assert not rules.takes_applications("gig", "open", later, at)
    assert not rules.takes_applications("job", "paused", later, at)
    assert not rules.takes_applications("job", "open", at, at)


def test_what_is_missing_stands_at_its_field() -> None:
    rules.check_entry(ENTRY, (PHONE, NIGHTS))
    with pytest.raises(Invalid) as refused:
        rules.check_entry(Entry(headline=" ", cover="Hello", answers=("", "maybe")), (PHONE, NIGHTS))
    assert set(refused.value.fields) == {"headline", "cover", "answers-0", "answers-1"}


def test_a_reason_is_one_of_the_list() -> None:
    rules.check_reject("skills", "")
    for reason, note, field in (("", "", "reason"), ("no_answer", "", "reason"), ("other", " ", "note")):
        with pytest.raises(Invalid) as refused:
            rules.check_reject(reason, note)
        assert list(refused.value.fields) == [field]
    with pytest.raises(Invalid):
        rules.check_reject("skills", "x" * 501)


def test_a_scorecard_is_whole() -> None:
    card = Card(scores={"a": 5, "b": 2}, recommendation="yes")
    rules.check_card(card, ("a", "b"))
    assert card.average == 3.5
    with pytest.raises(Invalid) as refused:
        rules.check_card(Card(scores={"a": 6}, recommendation="perhaps"), ("a", "b"))
    assert set(refused.value.fields) == {"scores-0", "scores-1", "recommendation"}


def test_criteria_are_few_short_and_different() -> None:
    rules.check_criteria(rules.CRITERIA)
    for bad in ((), ("a",) * 9, ("Speed", "speed"), ("x" * 61,)):
        with pytest.raises(Invalid):
            rules.check_criteria(bad)
