"""Forms: parsing, limits and errors at the field, in the reader's language (WTForms underneath).

    class GigForm(CreatingForm):
        title = StringField(N_("Title"), [Required(), Length(max=120)])
        price = MoneyField(N_("Price"), currency_from="currency")

Labels and hints are msgids (N_), said by templates/components/forms.html; errors are said here. Every field that takes
text has a Length: a test walks all forms. What a refused form held stays in it.
"""

import gettext
import re
import secrets
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import wtforms
from litestar.datastructures import FormMultiDict, UploadFile
from wtforms import Field, HiddenField, SelectField, StringField, validators
from wtforms.meta import DefaultMeta
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import DateInput, TextInput

from marketplace.kernel.errors import DomainError, Invalid
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.money import Money, parse_money

# WTForms' own messages, so that the catalogues have them.
_WTFORMS = (
    N_("This field is required."),
    N_("Not a valid choice."),
    N_("Not a valid integer value."),
    N_("Not a valid date value."),
    N_("Invalid email address."),
    N_("Invalid URL."),
    N_("Field must be at least %(min)d character long."),
    N_("Field cannot be longer than %(max)d character."),
    N_("Number must be at least %(min)s."),
    N_("Number must be at most %(max)s."),
    N_("Number must be between %(min)s and %(max)s."),
)
MAX_VALUES = 200
"""Fields of one name that are read from a form; the rest is dropped."""


class _Posted:
    """What WTForms wants of posted data."""

    def __init__(self, posted: FormMultiDict) -> None:
        self._values: dict[str, list[Any]] = {}
        for name, value in posted.multi_items():
            kept = self._values.setdefault(name, [])
            if len(kept) < MAX_VALUES and not (isinstance(value, UploadFile) and not value.filename):
                kept.append(value.replace("\x00", "") if isinstance(value, str) else value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[Any]:
        return list(self._values.get(name, ()))


class _Meta(DefaultMeta):
    """Takes the messages of our catalogue in the form's locale."""

    locale: str = "en"

    def get_translations(self, form: object) -> gettext.NullTranslations:
        return translations(self.locale)


class Form(wtforms.Form):
    """The base of every form. Made by `await visit.form(Kind)` (posted) or `visit.blank(Kind)` (to be filled in)."""

    def __init__(
        self,
        posted: FormMultiDict | None = None,
        *,
        locale: str = "en",
        zone: ZoneInfo = ZoneInfo("Asia/Karachi"),  # noqa: B008 - immutable and cached
        **options: Any,
    ) -> None:
        self.locale, self.zone = locale, zone
        self._translations = translations(locale)
        data = _Posted(posted) if posted is not None else None
        super().__init__(data, meta={"locale": locale}, **options)
        for field in self:
            if isinstance(field, DeadlineField):
                field.zone = zone

    class Meta(_Meta):
        """Overridable per form, as WTForms does it."""

    def field_named(self, name: str) -> Field | None:
        """The field of that name, None without one."""
        return self._fields.get(name)

    def say(self, message: str, **values: object) -> str:
        """A msgid in the reader's language."""
        said = self._translations.gettext(message)
        return said % values if values else said

    def refuse(self, error: Invalid) -> None:
        """Put a domain's refusal at the fields it names; what names no field of this form goes on top."""
        for name, messages in error.fields.items():
            said = [self.say(message, **error.values) for message in messages]
            field = self.field_named(name)
            if field is None or isinstance(field, HiddenField):
                self.form_errors = [*self.form_errors, *said]
            else:
                field.errors = [*field.errors, *said]

    @contextmanager
    def catching(self, *also: type[DomainError]) -> Generator[None]:
        """Around the transaction: an Invalid raised inside ends the block and stands at its fields afterwards.

        `also`: other refusals that stand on top of the form, so that nothing typed is lost to them.
        """
        try:
            yield
        except Invalid as error:
            self.refuse(error)
        except also as error:
            self.refuse(Invalid.at("", error.msgid, **error.values))


class CreatingForm(Form):
    """A form that makes something: it carries an id from when it is shown, so that sending it twice makes one thing."""

    submission = HiddenField(
        default=lambda: str(UUID(bytes=secrets.token_bytes(16))), validators=[validators.Length(max=36)]
    )

    @property
    def submission_id(self) -> UUID:
        """Its id; a fresh one where a client left it out or spoilt it (then nothing protects it from doubling)."""
        try:
            return UUID(str(self.submission.data))
        except ValueError:
            return UUID(bytes=secrets.token_bytes(16))


class Required(validators.DataRequired):
    """Must be filled in; blanks don't count."""

    def __call__(self, form: Any, field: Field) -> None:
        if field.data and (not isinstance(field.data, str) or field.data.strip()):
            return
        field.errors = []
        raise validators.StopValidation(field.gettext(self.message or N_("Please fill this in.")))


class Length(validators.Length):
    """Between `min` and `max` letters."""

    def __call__(self, form: Any, field: Field) -> None:
        length = len(field.data) if isinstance(field.data, str) else 0
        if self.max >= 0 and length > self.max:
            raise ValidationError(
                field.gettext(N_("At most %(max)s letters, please; these are %(length)s."))
                % {"max": self.max, "length": length}
            )
        if length < self.min:
            raise ValidationError(field.gettext(N_("At least %(min)s letters, please.")) % {"min": self.min})


class Email(validators.Regexp):
    """Looks like an address; whether it is one is proved by the mail that is sent there."""

    def __init__(self) -> None:
        super().__init__(re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,180}\.[^\s@<>\"',;.]{2,60}\Z"))

    def __call__(self, form: Any, field: Field, message: str | None = None) -> Any:
        if not self.regex.match(field.data or ""):
            raise ValidationError(field.gettext(N_("Write an e-mail address like name@example.com.")))


def strip(value: object) -> object:
    """Filter: without blanks around it."""
    return value.strip() if isinstance(value, str) else value


class ChoiceField(SelectField):
    """One of a few in a list that folds: `choices={"fixed": N_("A fixed price")}`, said in the reader's language."""

    def iter_choices(self) -> Any:
        choice: Any  # WTForms 3.3 yields its Choice; the stubs are older
        for choice in super().iter_choices():
            yield choice._replace(label=self.gettext(choice.label) if choice.label else "")


class MoneyField(Field):
    """An amount as a person types it; `data` is Money or None. The currency is fixed or stands in another field."""

    widget = TextInput()
    typed = ""

    def __init__(
        self,
        label: str,
        validators: Sequence[Any] = (),
        *,
        currency: str = "USD",
        currency_from: str = "",
        **options: Any,
    ) -> None:
        super().__init__(label, list(validators), **options)
        self.currency, self.currency_from = currency, currency_from

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = str(valuelist[0]).strip()[:40] if valuelist else ""
        self.data = None

    def pre_validate(self, form: Any) -> None:
        if not self.typed:
            return
        currency = form[self.currency_from].data if self.currency_from else self.currency
        try:
            self.data = parse_money(self.typed, currency)
        except Invalid as error:
            raise StopValidation(self.gettext(error.msgid)) from None
        except KeyError:
            raise StopValidation(self.gettext(N_("Choose a currency first."))) from None

    def _value(self) -> str:
        if self.typed or not isinstance(self.data, Money):
            return self.typed
        return f"{self.data.decimal:f}".removesuffix(".00")


def in_currency(form: wtforms.Form, currency: str) -> None:
    """All amounts of the form are in it. Call it before validating."""
    for field in form:
        if isinstance(field, MoneyField):
            field.currency = currency


class DeadlineField(Field):
    """A date that ends at 23:59:59 in the poster's time zone; `data` is an aware UTC datetime or None."""

    widget = DateInput()
    zone = ZoneInfo("Asia/Karachi")
    typed = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = str(valuelist[0]).strip()[:20] if valuelist else ""
        self.data = None

    def pre_validate(self, form: Any) -> None:
        if not self.typed:
            return
        try:
            day = date.fromisoformat(self.typed)
            self.data = datetime.combine(day, time(23, 59, 59), self.zone).astimezone(UTC)
        except (ValueError, OverflowError):
            raise StopValidation(self.gettext(N_("Write a date like 2026-12-31."))) from None

    def _value(self) -> str:
        if self.typed or not isinstance(self.data, datetime):
            return self.typed
        return self.data.astimezone(self.zone).date().isoformat()


class SkillsField(Field):
    """Chosen skills: `data` is a list of slugs or typed names, at most `most`, in the order they came."""

    widget = TextInput()

    def __init__(self, label: str, validators: Sequence[Any] = (), *, most: int = 20, **options: Any) -> None:
        super().__init__(label, list(validators), **options)
        self.most = most

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = (part.strip()[:60] for value in valuelist for part in re.split(r"[,،\n]", str(value)))
        self.data = list(dict.fromkeys(part for part in typed if part))

    def pre_validate(self, form: Any) -> None:
        if len(self.data or ()) > self.most:
            raise ValidationError(self.gettext(N_("At most %(most)s skills, please.")) % {"most": self.most})

    def _value(self) -> str:
        return ", ".join(cast("list[str]", self.data or []))


def text_fields(form: type[Form]) -> Iterable[tuple[str, list[Any]]]:
    """Names and validators of the fields that take free text, for the test that every one has a limit."""
    for name, field in form()._fields.items():  # pyright: ignore[reportPrivateUsage]
        if isinstance(field, StringField):
            yield name, list(field.validators)
