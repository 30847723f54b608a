"""Screening questions of jobs and internships: what is asked, whether an answer fits, what it flags; pure.

A gig's questions are plain text and stand in the same column as strings; `questions_of` reads both.
An answer that the employer did not hope for only flags the application: nobody is rejected by a machine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from marketplace.kernel.i18n import N_

QuestionKind = Literal["text", "yes_no", "number", "choice"]

MOST = 10
LONGEST = 300
MOST_CHOICES = 10
LONGEST_CHOICE = 80
LONGEST_ANSWER = 2_000

KIND_WORDS: dict[QuestionKind, str] = {
    "text": N_("A text"),
    "yes_no": N_("Yes or no"),
    "number": N_("A number"),
    "choice": N_("One of several"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `hoped` is what the employer hopes for, "" for anything: "yes" or "no", the least number, or
    choices with | between; any other answer flags the application and does nothing else.
    """

    text: str
    kind: QuestionKind = "text"
    choices: tuple[str, ...] = ()
    is_required: bool = True
    hoped: str = ""

    def is_flagged(self, answer: str) -> bool:
        """Whether this (fitting) answer is not what the employer hoped for."""
        said, hoped = answer.strip(), self.hoped.strip()
        if not hoped or not said or self.kind == "text":
            return False
        if self.kind == "number":
            return int(said) < int(hoped)
        return said.casefold() not in {part.strip().casefold() for part in hoped.split("|")}


def questions_of(stored: Iterable[Any]) -> tuple[Question, ...]:
    """The questions of `Posting.questions`: dicts as `stored_form` makes them, or the strings of a gig."""
    return tuple(Question(text=each) if isinstance(each, str) else _read(each) for each in stored)


def _read(stored: dict[str, Any]) -> Question:
    values: dict[str, Any] = {**stored, "choices": tuple(stored["choices"])}
    return Question(**values)


def stored_form(question: Question) -> dict[str, Any]:
    """As the column keeps it."""
    names = ("text", "kind", "is_required", "hoped")
    return {**{name: getattr(question, name) for name in names}, "choices": list(question.choices)}


def faults(questions: Sequence[Question]) -> list[str]:
    """What is wrong with the questions of a posting, as messages; none when all is well."""
    found: list[str] = []
    if len(questions) > MOST:
        found.append(N_("Ask at most 10 questions."))
    if any(not 0 < len(each.text.strip()) <= LONGEST for each in questions):
        found.append(N_("Write each question in 1 to 300 letters."))
    if any(_has_bad_choices(each) for each in questions):
        found.append(N_("Give 2 to 10 different answers to choose from, each under 80 letters."))
    if any(_hopes_in_vain(each) for each in questions):
        found.append(N_("What you hope for has to be an answer that can be given."))
    return found


def check_answers(questions: Sequence[Question], answers: Sequence[str]) -> Mapping[int, str]:
    """What is wrong with the answers, by the number of the question from 0; `answers` has one for each, "" for none."""
    assert len(questions) == len(answers)
    wrong = {
        n: _wrong(question, answer.strip()) for n, (question, answer) in enumerate(zip(questions, answers, strict=True))
    }
    return {n: message for n, message in wrong.items() if message}


def flagged(questions: Sequence[Question], answers: Sequence[str]) -> tuple[int, ...]:
    """Numbers (from 0) of the questions that were answered otherwise than the employer hoped."""
    return tuple(n for n, (q, answer) in enumerate(zip(questions, answers, strict=False)) if q.is_flagged(answer))


def _wrong(question: Question, answer: str) -> str:
    if not answer:
        return N_("Please answer this question.") if question.is_required else ""
    if question.kind == "yes_no" and answer not in ("yes", "no"):
        return N_("Answer yes or no.")
    if question.kind == "number" and not _is_number(answer):
        return N_("Write a whole number, like 3.")
    if question.kind == "choice" and answer not in question.choices:
        return N_("Choose one of the answers.")
    return N_("Keep the answer under 2,000 letters.") if len(answer) > LONGEST_ANSWER else ""


def _has_bad_choices(question: Question) -> bool:
    if question.kind != "choice":
        return bool(question.choices)
    is_several = 2 <= len(question.choices) <= MOST_CHOICES and len(set(question.choices)) == len(question.choices)
    return not is_several or any("|" in each or not 0 < len(each) <= LONGEST_CHOICE for each in question.choices)


def _hopes_in_vain(question: Question) -> bool:
    hoped = question.hoped.strip()
    if not hoped:
        return False
    possible = {"yes_no": ("yes", "no"), "choice": question.choices}.get(question.kind)
    if possible is not None:
        return any(part.strip() not in possible for part in hoped.split("|"))
    return question.kind == "text" or not _is_number(hoped)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
