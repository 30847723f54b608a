"""The score keeps what search.md and the module promise: bounded, monotone, explainable, fair to newcomers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.engines.matching.rarity import Rarity, cosine, tversky
from marketplace.engines.matching.score import Person, Work, score
from marketplace.engines.matching.weights import PARTS, read_weights
from marketplace.kernel.paths import resource

TEXT = (resource("search") / "matching.json").read_text(encoding="utf-8")
WEIGHTS = read_weights(TEXT)
SKILLS = st.frozensets(st.sampled_from("abcdefgh"), max_size=6)
RARITY = Rarity({"a": 90, "b": 50, "c": 5, "d": 1}, 100)
LEVELS = st.sampled_from(["basic", "good", "fluent", "native"])
PEOPLE = st.builds(
    Person,
    skills=SKILLS,
    languages=st.dictionaries(st.sampled_from(["en", "ur"]), LEVELS),
    proven_years=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 30)),
    rate=st.integers(0, 10_000),
    hours_a_week=st.integers(0, 80),
    place=st.sampled_from([None, "multan", "lodhran"]),
    good=st.just(0),
    jobs=st.integers(0, 50),
)
WORKS = st.builds(
    Work,
    skills=SKILLS.filter(bool),
    language=st.sampled_from(["en", "ur"]),
    pay_min=st.none(),
    pay_max=st.none() | st.integers(0, 10_000),
    place=st.sampled_from([None, "multan"]),
)


@given(WORKS, PEOPLE, st.sampled_from(["people", "work"]))
def test_the_score_is_bounded_and_is_the_sum_of_its_parts(work, person, direction):
    result = score(work, person, WEIGHTS, RARITY, direction=direction)
    assert 0 <= result.total <= 100
    assert all(0 <= part.value <= 1 for part in result.parts)
    assert math.isclose(sum(part.weight for part in result.parts), 1)
    if not result.gate:
        assert math.isclose(result.total, 100 * sum(part.value * part.weight for part in result.parts), abs_tol=1e-9)


@given(WORKS, PEOPLE)
def test_a_missing_skill_gained_never_lowers_the_score(work, person):
    for skill in work.skills - person.skills:
        better = Person(
            **{name: getattr(person, name) for name in Person.__slots__} | {"skills": person.skills | {skill}}
        )
        assert score(work, better, WEIGHTS, RARITY).total >= score(work, person, WEIGHTS, RARITY).total - 1e-9


@given(WORKS, PEOPLE)
def test_the_reasons_name_exactly_the_skills(work, person):
    part = score(work, person, WEIGHTS, RARITY).part("skills")
    assert set(part.facts["have"]) == work.skills & person.skills
    assert set(part.facts["missing"]) == work.skills - person.skills


def test_another_district_closes_the_gate_only_for_work_on_site():
    person = Person(frozenset("a"), place="lodhran")
    assert score(Work(frozenset("a"), "en", place="multan"), person, WEIGHTS, RARITY).gate == "place"
    assert score(Work(frozenset("a"), "en", place="multan"), person, WEIGHTS, RARITY).total == 0
    assert score(Work(frozenset("a"), "en"), person, WEIGHTS, RARITY).gate == ""


def test_what_was_not_said_counts_half():
    silent = score(Work(frozenset("a"), "en", pay_max=500), Person(frozenset("a")), WEIGHTS, RARITY)
    assert [silent.part(name).value for name in ("availability", "budget", "language")] == [0.5] * 3


def test_a_fixed_price_leaves_the_hourly_rate_out():
    fixed = score(Work(frozenset("a"), "en"), Person(frozenset("a"), rate=99_999), WEIGHTS, RARITY)
    assert fixed.part("budget") is None
    assert math.isclose(sum(part.weight for part in fixed.parts), 1)


@given(WORKS, PEOPLE, st.sampled_from("abcdefgh"))
def test_proof_never_lowers_the_score(work, person, skill):
    proven = {name: getattr(person, name) for name in Person.__slots__}
    proven["proven_years"] = dict(person.proven_years) | {skill: 0.0}
    assert score(work, Person(**proven), WEIGHTS, RARITY).total >= score(work, person, WEIGHTS, RARITY).total - 1e-9


def test_a_newcomer_ranks_with_the_known_and_above_the_bad():
    work, skills = Work(frozenset("ab"), "en"), frozenset("ab")
    newcomer, known, bad = (Person(skills, good=good, jobs=jobs) for good, jobs in ((0, 0), (10, 10), (2, 10)))
    totals = [score(work, person, WEIGHTS, RARITY).total for person in (bad, newcomer, known)]
    assert totals == sorted(totals)
    assert totals[2] - totals[1] < 3


def test_reputation_is_the_mean_of_the_beta_prior():
    part = score(Work(frozenset("a"), "en"), Person(frozenset("a"), good=6, jobs=10), WEIGHTS, RARITY).part(
        "reputation"
    )
    assert part.value == pytest.approx((6 + 4) / (10 + 5))


@pytest.mark.parametrize(("rate", "value"), [(500, 1), (1_000, 1), (1_250, 0.5), (1_500, 0), (3_000, 0)])
def test_budget_falls_to_nothing_at_half_as_much_again(rate, value):
    work = Work(frozenset("a"), "en", pay_min=400, pay_max=1_000)
    part = score(work, Person(frozenset("a"), rate=rate), WEIGHTS, RARITY).part("budget")
    assert part.value == pytest.approx(value)


def test_training_halves_every_three_years():
    work = Work(frozenset("ab"), "en")
    fresh, old = (score(work, Person(frozenset("ab"), proven_years={"a": y}), WEIGHTS, RARITY) for y in (0.0, 3.0))
    assert fresh.part("training").value == pytest.approx(0.5)
    assert old.part("training").value == pytest.approx(0.25)


def test_rare_skills_tell_more_than_common_ones():
    need = {"a", "d"}
    fit = {skill: tversky(need, {skill}, RARITY, missing=0.7, surplus=0.1) for skill in need}
    assert fit["d"] > fit["a"]
    assert cosine(need, {"d"}, RARITY) > cosine(need, {"a"}, RARITY)


@given(SKILLS, SKILLS)
def test_similarities_are_1_for_equals_and_0_for_strangers(need, have):
    for value in (tversky(need, have, RARITY, missing=0.7, surplus=0.1), cosine(need, have, RARITY)):
        assert 0 <= value <= 1
        assert (value == 0) == (not need & have)
        if need and need == have:
            assert value == pytest.approx(1)


def test_for_a_person_a_gig_with_one_skill_is_not_the_best():
    """Coverage would give both 1; cosine prefers the gig that uses more of what she can."""
    person = frozenset("abc")
    assert cosine({"a", "b", "c"}, person, RARITY) > cosine({"a"}, person, RARITY)


def test_weights_are_whole():
    assert set(WEIGHTS.parts) == set(PARTS) and WEIGHTS.version
    with pytest.raises(ValueError, match="sum to 1"):
        read_weights(TEXT.replace("0.12", "0.2"))
