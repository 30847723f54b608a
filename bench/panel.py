"""The relevance panel: a world of 5,200 documents by seed, and what each is worth for a query.

The rule is in search/judgements/README.md. `python bench/panel.py` writes plain, prefix and typo queries anew (the
same seed gives the same files).
"""

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from marketplace.engines.search.folding import joined_forms, words
from marketplace.kernel.paths import resource
from marketplace.skills.taxonomy import SkillName, known_skills

SEED = 1128
GIGS, PEOPLE = 3_200, 2_000
CLASSES = ("plain", "prefix", "typo", "synonym", "joined", "roman", "urdu", "none")
ABOUT = ("bakery", "boutique", "school", "clinic", "hotel", "gym", "pharmacy", "restaurant", "mosque", "farm", "museum")
PLACES = ("multan", "lodhran", "bahawalpur", "lahore", None)
TITLES = (
    "{skill} for a {about}",
    "{about}: {skill}",
    "Need help with {skill} for my {about}",
    "{skill}, small job",
    "{skill} wanted",
    "Long term {skill} for a {about} in Punjab",
    "{about} کے لیے {skill} درکار ہے",
    "{skill} chahiye, {about}",
)
HEADLINES = (
    "{skill} for {about} owners",
    "{skill} expert",
    "{skill} and more, five years with every {about}",
    "{skill}",
    "{skill} ka kaam",
    "{skill} کی ماہر",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A document with what the rule needs to know of it."""

    fields: dict[str, Any]
    index: str
    main: str
    others: frozenset[str]
    about: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of the panel."""

    kind: str
    words: str
    index: str
    wants: frozenset[str]
    about: str = ""


def grade(document: Judged, asked: Asked) -> int:
    """0 to 3, by the rule."""
    if document.index != asked.index:
        return 0
    if document.main in asked.wants:
        return 3 if asked.about in ("", document.about) else 2
    return 1 if document.others & asked.wants else 0


def ndcg(grades: Sequence[int], ideal: Sequence[int]) -> float:
    """nDCG@10 of the grades of the hits in their order; `ideal` are the grades of all documents."""
    best = _gain(sorted(ideal, reverse=True)[:10])
    return _gain(grades[:10]) / best if best else 1.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2**each - 1) / math.log2(rank + 2) for rank, each in enumerate(grades))


class World:
    """All documents, by index."""

    def __init__(self, seed: int = SEED) -> None:
        self.chance = random.Random(seed)
        self.skills = list(known_skills().values())
        self.documents = [self._gig(number) for number in range(GIGS)]
        self.documents += [self._person(GIGS + number) for number in range(PEOPLE)]

    @cached_property
    def by_id(self) -> dict[UUID, Judged]:
        return {UUID(document.fields["id"]): document for document in self.documents}

    def of(self, index: str) -> list[dict[str, Any]]:
        return [document.fields for document in self.documents if document.index == index]

    def ideal(self, asked: Asked) -> list[int]:
        return [grade(document, asked) for document in self.documents]

    def _gig(self, number: int) -> Judged:
        main, others = self._skills()
        about = self.chance.choice(ABOUT)
        template = self.chance.choice(TITLES)
        title = template.format(skill=self._said(main), about=about)
        fields = self._common(number, main, others) | {
            "title": title,
            "employer": f"{about} {number % 97}",
            "pay": self.chance.choice(("fixed", "hourly")),
            "currency": self.chance.choice(("USD", "PKR")),
            "remote": self.chance.random() < 0.7,
            "district": self.chance.choice(PLACES),
            "pay_min": (low := self.chance.randint(1, 200) * 500),
            "pay_max": low * 2,
            "posted_at": 1_790_000_000 + number * 60,
            "deadline_at": 1_796_000_000 + number,
        }
        return Judged(fields, "gigs", main.slug, frozenset(each.slug for each in others), self._in(template, about))

    def _person(self, number: int) -> Judged:
        main, others = self._skills()
        about = self.chance.choice(ABOUT)
        template = self.chance.choice(HEADLINES)
        common = self._common(number, main, others)
        fields = {
            **common,
            "about": common["description"],
            "headline": template.format(skill=self._said(main), about=about),
        }
        del fields["description"]
        fields |= {
            "name": f"Person {number}",
            "district": self.chance.choice(PLACES),
            "park": None,
            "currency": "USD",
            "rate": self.chance.randint(3, 40) * 100,
            "hours_a_week": (hours := self.chance.choice((0, 10, 20, 40))),
            "available": hours > 0,
            "newcomer": self.chance.random() < 0.5,
            "certified_by": [],
            "active_at": 1_790_000_000 + number * 60,
        }
        return Judged(fields, "people", main.slug, frozenset(each.slug for each in others), self._in(template, about))

    def _skills(self) -> tuple[SkillName, list[SkillName]]:
        """A main skill and up to three others that stand near it in the files: the same field."""
        at = self.chance.randrange(len(self.skills))
        near = [each for each in self.skills[max(0, at - 8) : at + 9] if each.slug != self.skills[at].slug]
        return self.skills[at], self.chance.sample(near, self.chance.randint(0, 3))

    def _common(self, number: int, main: SkillName, others: list[SkillName]) -> dict[str, Any]:
        """One main skill in seven has no tag; half of the others stand in the description only."""
        tagged = [each for each in others if self.chance.random() < 0.5]
        told = [each for each in others if each not in tagged]
        if self.chance.random() > 1 / 7:
            tagged.insert(0, main)
        unwanted = self.chance.choice(self.skills)
        description = "We look for somebody who writes clearly and keeps the date. "
        description += "".join(f"Some {self._said(each)} helps. " for each in told)
        description += f"No {unwanted.name_en} needed." if unwanted not in (main, *others) else ""
        return {
            "id": str(UUID(int=number + 1)),
            "description": description,
            "skills": [each.slug for each in tagged],
            "skill_names": [name for each in tagged for name in each.search_names],
            "languages": [self.chance.choice(("en", "ur"))],
        }

    def _said(self, skill: SkillName) -> str:
        """A skill as somebody writes it: English in half, Urdu or an alias else."""
        draw = self.chance.random()
        if draw < 0.5 or not skill.aliases:
            return skill.name_en
        return skill.name_ur if draw < 0.7 else self.chance.choice(skill.aliases)

    @staticmethod
    def _in(template: str, about: str) -> str:
        return about if "{about}" in template else ""


def load(folder: Path | None = None) -> list[Asked]:
    """All queries of the panel, in the order of the classes."""
    folder = folder or resource("search") / "judgements"
    lines = [(kind, line) for kind in CLASSES for line in (folder / f"{kind}.jsonl").read_text("utf-8").splitlines()]
    return [_asked(kind, json.loads(line)) for kind, line in lines]


def _asked(kind: str, row: dict[str, Any]) -> Asked:
    return Asked(kind, row["words"], row["index"], frozenset(row["wants"]), row.get("about", ""))


# --- queries by seed


def make_queries() -> None:
    """Write plain, prefix and typo queries."""
    chance = random.Random(SEED + 1)
    skills = list(known_skills().values())
    plain = [_plain(chance, skill, skills) for skill in chance.sample(skills, 60)]
    prefix = [_prefix(chance, skill, skills) for skill in chance.sample(skills, 40)]
    with_long = [skill for skill in skills if any(len(word) >= 5 for word in words(skill.name_en))]
    typo = [_typo(chance, skill, skills) for skill in chance.sample(with_long, 44)]
    for kind, rows in (("plain", plain), ("prefix", prefix), ("typo", typo)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (resource("search") / "judgements" / f"{kind}.jsonl").write_text(text, "utf-8")


def _row(chance: random.Random, typed: str, wants: list[str], about: str = "") -> dict[str, Any]:
    row = {"words": typed, "index": chance.choice(("gigs", "gigs", "people")), "wants": wants}
    return row | ({"about": about} if about else {})


def _plain(chance: random.Random, skill: SkillName, skills: list[SkillName]) -> dict[str, Any]:
    about = chance.choice(ABOUT) if chance.random() < 0.3 else ""
    return _row(chance, f"{skill.name_en.lower()} {about}".strip(), _named(skills, words(skill.name_en)), about)


def _prefix(chance: random.Random, skill: SkillName, skills: list[SkillName]) -> dict[str, Any]:
    *before, last = words(skill.name_en)
    cut = last[: chance.randint(3, max(3, len(last) - 1))]
    typed = " ".join([*before, cut])
    wants = [each.slug for each in skills if any(_begins(name, [*before, cut]) for name in each.search_names)]
    return _row(chance, typed, wants or [skill.slug])


def _named(skills: list[SkillName], typed: list[str]) -> list[str]:
    """The skills that have a name with all these words in it."""
    return [each.slug for each in skills if any(set(typed) <= set(words(name)) for name in each.search_names)]


def _begins(name: str, typed: list[str]) -> bool:
    """Whether a name has the typed words in it, the last as the beginning of a word."""
    own = words(name) + joined_forms(name)
    return set(typed[:-1]) <= set(own) and any(word.startswith(typed[-1]) for word in own)


def _typo(chance: random.Random, skill: SkillName, skills: list[SkillName]) -> dict[str, Any]:
    clean = words(skill.name_en)
    typed = list(clean)
    at = chance.choice([position for position, word in enumerate(typed) if len(word) >= 5])
    slips = 2 if len(typed[at]) >= 9 else 1
    for _ in range(slips):
        typed[at] = _slip(chance, typed[at])
    return _row(chance, " ".join(typed), _named(skills, clean))


def _slip(chance: random.Random, word: str) -> str:
    """A letter changed, left out, doubled or swapped with the next; never the first one."""
    at = chance.randrange(1, len(word) - 1)
    match chance.randrange(4):
        case 0:
            return word[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[: at + 1] + word[at:]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


if __name__ == "__main__":
    make_queries()
