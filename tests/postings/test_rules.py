"""What a posting may be and become."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from marketplace.kernel.errors import Invalid
from marketplace.postings import rules
from marketplace.postings.models import PostingState
from tests.postings.writing import whole

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GLOSSARY = {
    *(("draft", "open"), ("draft", "pending_review"), ("pending_review", "open")),
    ("pending_review", "draft"),  # a moderator gives it back to be changed (decision 0012)
    *(("open", "paused"), ("paused", "open")),
    *product(("open", "paused"), ("filled", "closed", "expired")),
    *((state, "removed") for state in get_args(PostingState) if state != "removed"),
}


@pytest.mark.parametrize(("state", "to"), list(product(get_args(PostingState), repeat=2)))
def test_only_the_moves_of_the_glossary_are_allowed(state, to) -> None:
    if (state, to) in GLOSSARY:
        rules.check_move(state, to)
    else:
        with pytest.raises(rules.PostingMoveRefused):
            rules.check_move(state, to)


def faults(at=NOW, before=None, **changes) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        rules.check_publishable(whole(NOW, **changes), at, before=before)
    return refused.value.fields


def test_a_whole_gig_can_be_published() -> None:
    rules.check_publishable(whole(NOW), NOW)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"title": "  "}),
        ("title", {"title": "Logo"}),
        ("title", {"title": "x" * 121}),
        ("description", {"description": "Too short."}),
        ("description", {"description": "x" * 20_001}),
        ("skills", {"skills": ()}),
        ("skills", {"skills": tuple("abcdefghijk")}),
        ("pay_min", {"pay_min_minor": 0}),
        ("pay_min", {"pay_min_minor": -1}),
        ("pay_max", {"pay_max_minor": 199_99}),
        ("currency", {"currency": "EUR"}),
        ("district", {"is_remote": False}),
        ("questions", {"questions": ("?",) * 6}),
        ("questions", {"questions": ("x" * 301,)}),
        ("closes_on", {"closes_at": None}),
        ("closes_on", {"closes_at": NOW}),
        ("closes_on", {"closes_at": NOW + timedelta(days=91), "answer_by": NOW + timedelta(days=95)}),
        ("answer_on", {"answer_by": None}),
        ("answer_on", {"answer_by": NOW + timedelta(days=14)}),
        ("answer_on", {"answer_by": NOW + timedelta(days=14 + 31)}),
    ],
)
def test_what_is_missing_or_too_much_is_said_at_its_field(field, changes) -> None:
    assert set(faults(**changes)) == {field}


def test_all_faults_come_at_once() -> None:
    assert set(faults(title="", description="", skills=(), closes_at=None)) == {
        "title",
        "description",
        "skills",
        "closes_on",
    }


def test_a_draft_needs_only_a_title() -> None:
    rules.check_draft(rules.Content(title="A"))
    with pytest.raises(Invalid):
        rules.check_draft(rules.Content(title=""))


def test_dates_that_stay_are_not_counted_from_now() -> None:
    later = NOW + timedelta(days=15)
    rules.check_publishable(whole(NOW, title="Another title"), later, before=whole(NOW))
    moved = whole(NOW, closes_at=later + timedelta(days=1))
    with pytest.raises(Invalid) as refused:
        rules.check_publishable(moved, later, before=whole(NOW))
    assert list(refused.value.fields) == ["closes_on"]


def test_a_date_ends_where_the_poster_lives() -> None:
    assert rules.end_of_day(date(2026, 12, 1), "Asia/Karachi") == datetime(2026, 12, 1, 18, 59, 59, tzinfo=UTC)


def test_proposals_are_taken_until_the_deadline_while_it_is_open() -> None:
    closes = NOW + timedelta(days=1)
    assert rules.takes_proposals("open", closes, closes - timedelta(seconds=1))
    assert not rules.takes_proposals("open", closes, closes)
    assert not rules.takes_proposals("paused", closes, NOW)
    assert not rules.takes_proposals("draft", None, NOW)
