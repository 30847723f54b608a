"""The published formula: bounded, monotone, whatever the order, and the same for whoever recomputes it."""

import json
import subprocess
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from marketplace.contracts.reviews.reputation import PRIOR_SCORE, Rating, said, score, weight_of
from marketplace.contracts.reviews.rules import CRITERIA

TODAY = date(2026, 11, 22)
ROOT = Path(__file__).parents[2]

scores = st.fixed_dictionaries(dict.fromkeys(CRITERIA["employer"], st.integers(1, 5)))
ratings = st.lists(st.builds(Rating, scores, st.dates(date(2020, 1, 1), TODAY)), max_size=8)


@given(ratings, st.randoms())
def test_it_lies_between_one_and_five_and_no_order_changes_it(given_: list[Rating], random) -> None:
    figure = score(given_, as_of=TODAY)
    assert 1 < figure < 5
    random.shuffle(given_)
    assert score(given_, as_of=TODAY) == figure


@given(ratings.filter(bool), st.data())
def test_a_better_score_never_lowers_it(given_: list[Rating], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(given_) - 1))
    better = {name: data.draw(st.integers(value, 5)) for name, value in given_[which].scores.items()}
    raised = [*given_[:which], Rating(better, given_[which].shown_on), *given_[which + 1 :]]
    assert score(raised, as_of=TODAY) >= score(given_, as_of=TODAY)


@given(ratings)
def test_one_more_best_review_raises_it_and_one_more_worst_lowers_it(given_: list[Rating]) -> None:
    figure = score(given_, as_of=TODAY)
    best, worst = (Rating(dict.fromkeys(CRITERIA["employer"], n), TODAY) for n in (5, 1))
    assert score([*given_, best], as_of=TODAY) > figure > score([*given_, worst], as_of=TODAY)


def test_the_early_opinion_and_the_age_of_a_review() -> None:
    best = {"quality": 5, "time": 5}
    assert score([], as_of=TODAY) == PRIOR_SCORE
    assert score([Rating(best, TODAY)], as_of=TODAY) == Fraction(4 * 4 + 5, 5)
    year_old = Rating(best, TODAY - timedelta(days=365))
    assert score([year_old], as_of=TODAY) == (4 * 4 + Fraction(5, 2)) / Fraction(9, 2)
    assert weight_of(Rating(best, TODAY - timedelta(days=100)), as_of=TODAY) == 784_946, "rounded down to millionths"
    assert score([Rating(best, TODAY + timedelta(days=3))], as_of=TODAY) == Fraction(21, 5), "a clock that is ahead"
    assert [said(Fraction(n, 1000)) for n in (4_004, 4_005, 4_995, 1_000)] == ["4.00", "4.01", "5.00", "1.00"]


def test_the_script_beside_the_site_comes_to_the_same_figure(tmp_path: Path) -> None:
    given_ = [Rating({"a": n % 5 + 1, "b": n % 3 + 1}, TODAY - timedelta(days=37 * n)) for n in range(9)]
    reviews = [{"shown_on": each.shown_on.isoformat(), "scores": each.scores} for each in given_]
    numbers = {"prior_reviews": 4, "prior_score": 4, "half_days": 365}
    path = tmp_path / "inputs.json"
    path.write_text(json.dumps({"as_of": TODAY.isoformat(), **numbers, "reviews": reviews}))
    run = subprocess.run([sys.executable, "-I", ROOT / "deploy/reputation.py", path], capture_output=True, check=True)
    assert run.stdout.decode() == said(score(given_, as_of=TODAY)) + "\n"
