"""Forms of applications: what a candidate sends, what the employer's people say about it."""

from collections.abc import Sequence
from typing import Any, cast

from wtforms import BooleanField, Field, FieldList, FileField, RadioField, StringField, TextAreaField

from marketplace.jobs.rules import (
    CHOOSABLE_REASONS,
    LONGEST_HEADLINE,
    LONGEST_NOTE,
    LONGEST_PRIVATE_NOTE,
    MOST_CRITERIA,
    RECOMMENDATIONS,
    REJECT_REASONS,
    Card,
    Entry,
)
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.postings.screening import LONGEST_ANSWER, MOST, Question
from marketplace.web.forms import CreatingForm, Form, Length, Required, strip


class EntryForm(CreatingForm):
    """An application. What is missing is said by the domain, at these names."""

    headline = StringField(
        N_("What you do, in one line"),
        [Length(max=LONGEST_HEADLINE)],
        filters=[strip],
        description=N_("For example: Shops that load fast on cheap phones."),
    )
    cover = TextAreaField(
        N_("Why this work, and why you"),
        [Length(max=5_000)],
        description=N_("Your name, links, addresses and phone numbers in here are hidden until an interview."),
    )
    answers = FieldList(TextAreaField("", [Length(max=LONGEST_ANSWER)]), max_entries=MOST)
    cv = FileField(
        N_("Your CV"),
        description=N_("PDF or Word (.docx), up to 10 MB. The employer can open it from an interview on, not before."),
    )

    questions: Sequence[Question] = ()

    def ask(self, questions: Sequence[Question]) -> None:
        """One answer for each question of the posting, its words as the label."""
        self.questions = questions
        del self.answers.entries[len(questions) :]
        while len(self.answers.entries) < len(questions):
            self.answers.append_entry("")
        for entry, question in zip(self.answers.entries, questions, strict=True):
            entry.label.text = question.text

    @property
    def asked(self) -> list[tuple[Question, Field]]:
        """Each question with the field that answers it."""
        return list(zip(self.questions, self.answers.entries, strict=True))

    def entry(self) -> Entry:
        """What was written. Call it on a validated form."""
        return Entry(
            headline=self.headline.data or "",
            cover=(self.cover.data or "").replace("\r\n", "\n"),
            answers=tuple((each.data or "").replace("\r\n", "\n") for each in self.answers.entries),
        )

    def field_named(self, name: str) -> Field | None:
        """Also those inside: answers-0."""
        kind, _, number = name.partition("-")
        return self.answers.entries[int(number)] if kind == "answers" and number else super().field_named(name)

    def refuse(self, error: Invalid) -> None:
        """As every form does it; the list of answers learns that something inside it is wrong."""
        super().refuse(error)
        if not self.answers.errors and any(entry.errors for entry in self.answers.entries):
            self.answers.errors = [entry.errors for entry in self.answers.entries]


class RejectForm(Form):
    """Why not."""

    reason = RadioField(
        N_("Why?"), choices={reason: REJECT_REASONS[reason] for reason in CHOOSABLE_REASONS}, validate_choice=False
    )
    note = TextAreaField(
        N_("A sentence to the candidate"),
        [Length(max=LONGEST_NOTE)],
        description=N_("What would have made it a yes? It helps more than a bare no."),
    )

    @property
    def why(self) -> tuple[str, str]:
        """The reason and the note."""
        return self.reason.data or "", (self.note.data or "").replace("\r\n", "\n")


class HireForm(Form):
    """Whether the posting ends with it."""

    fills = BooleanField(
        N_("Nobody else is needed: end the posting"),
        description=N_("Everybody who still waits is told kindly that somebody else was chosen."),
    )


class NoteForm(CreatingForm):
    """A private note."""

    text = TextAreaField(N_("A note for your colleagues"), [Required(), Length(max=LONGEST_PRIVATE_NOTE)])


class CardForm(Form):
    """One colleague's scorecard."""

    scores = FieldList(
        RadioField("", choices={str(n): str(n) for n in range(1, 6)}, validate_choice=False),
        max_entries=MOST_CRITERIA,
    )
    recommendation = RadioField(
        N_("Would you take this person?"),
        choices={str(name): said for name, said in RECOMMENDATIONS.items()},
        validate_choice=False,
    )
    comment = TextAreaField(N_("Why?"), [Length(max=LONGEST_PRIVATE_NOTE)])

    criteria: Sequence[str] = ()

    def score(self, criteria: Sequence[str]) -> None:
        """One score for each criterion."""
        self.criteria = criteria
        del self.scores.entries[len(criteria) :]
        while len(self.scores.entries) < len(criteria):
            self.scores.append_entry()
        for entry, criterion in zip(self.scores.entries, criteria, strict=True):
            entry.label.text = criterion

    def card(self) -> Card:
        """What was judged; a score that is none is missing."""
        typed = zip(self.criteria, self.scores.entries, strict=True)
        scores = {criterion: int(entry.data) for criterion, entry in typed if entry.data in ("1", "2", "3", "4", "5")}
        said = {"recommendation": self.recommendation.data or "", "comment": self.comment.data or ""}
        return Card(scores=scores, **said)

    def field_named(self, name: str) -> Field | None:
        """Also those inside: scores-0."""
        kind, _, number = name.partition("-")
        return self.scores.entries[int(number)] if kind == "scores" and number else super().field_named(name)

    def refuse(self, error: Invalid) -> None:
        """As every form does it; the list of scores learns that something inside it is wrong."""
        super().refuse(error)
        if not self.scores.errors and any(entry.errors for entry in self.scores.entries):
            cast(Any, self.scores).errors = [entry.errors for entry in self.scores.entries]


class CriteriaForm(Form):
    """What colleagues score."""

    criteria = TextAreaField(
        N_("Criteria"),
        [Required(), Length(max=700)],
        description=N_("One a line, 1 to 8 of them. Each colleague scores each from 1 to 5."),
    )
