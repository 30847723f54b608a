"""Forms: every text has a limit, money and dates are read as people write them, refusals stand at their fields."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from litestar.datastructures import FormMultiDict
from wtforms import StringField

import marketplace.web.app
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from marketplace.web.forms import (
    ChoiceField,
    CreatingForm,
    DeadlineField,
    Form,
    Length,
    MoneyField,
    Required,
    SkillsField,
    text_fields,
)


class Sample(Form):
    title = StringField("Title", [Required(), Length(max=10)])
    currency = ChoiceField("Currency", choices={"USD": "Dollars", "PKR": "Rupees"}, default="PKR")
    price = MoneyField("Price", [Required()], currency_from="currency")
    until = DeadlineField("Until")
    skills = SkillsField("Skills", most=3)


def _sent(**fields: str | list[str]) -> FormMultiDict:
    pairs = [(name, each) for name, value in fields.items() for each in (value if isinstance(value, list) else [value])]
    return FormMultiDict(pairs)


GOOD = {"title": "A shop", "currency": "PKR", "price": "45,000", "until": "2026-12-12", "skills": "react, figma"}


def test_what_people_type_becomes_values() -> None:
    form = Sample(_sent(**GOOD))
    assert form.validate(), form.errors
    assert form.price.data == Money(45_000_00, "PKR")
    assert form.until.data == datetime(2026, 12, 12, 18, 59, 59, tzinfo=UTC), "23:59:59 in Karachi"
    assert form.skills.data == ["react", "figma"]


def test_a_deadline_ends_in_the_zone_of_the_poster() -> None:
    form = Sample(_sent(**GOOD), zone=ZoneInfo("America/New_York"))
    assert form.validate()
    assert form.until.data == datetime(2026, 12, 13, 4, 59, 59, tzinfo=UTC)
    assert (
        'value="2026-12-12"' in Sample(None, zone=ZoneInfo("America/New_York"), data={"until": form.until.data}).until()
    )


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "", "Please fill this in."),
        ("title", "eleven let.", "At most 10 letters, please; these are 11."),
        ("currency", "BTC", "Not a valid choice."),
        ("price", "", "Please fill this in."),
        ("price", "-5", "Write an amount above zero, with no more decimals than the currency has."),
        ("price", "1.005", "Write an amount above zero, with no more decimals than the currency has."),
        ("price", "a lot", "Write an amount in figures, like 1,200.50."),
        ("price", "NaN", "Write an amount above zero, with no more decimals than the currency has."),
        ("until", "12/12/26", "Write a date like 2026-12-31."),
        ("until", "9999-12-31T99", "Write a date like 2026-12-31."),
        ("skills", "a,b,c,d", "At most 3 skills, please."),
    ],
)
def test_a_refused_field_says_one_thing_and_keeps_what_was_typed(field: str, typed: str, said: str) -> None:
    form = Sample(_sent(**{**GOOD, field: typed}))
    assert not form.validate()
    refused = form.field_named(field)
    assert list(refused.errors) == [said]
    if field not in ("currency", "skills"):
        assert f'value="{typed}"' in str(refused())


def test_errors_of_wtforms_itself_are_said_in_urdu_where_the_catalogue_has_them() -> None:
    form = Sample(_sent(**{**GOOD, "title": ""}), locale="ur")
    assert not form.validate()
    assert list(form.title.errors) == [form.say("Please fill this in.")]


def test_a_domains_refusal_stands_at_its_field_and_elsewhere_on_top() -> None:
    form = Sample(_sent(**GOOD))
    with form.catching():
        raise Invalid({"price": ["Too low."], "": ["Nothing fits."]})
    assert list(form.price.errors) == ["Too low."] and form.form_errors == ["Nothing fits."]
    assert form.errors


def test_nothing_else_is_caught() -> None:
    with pytest.raises(ValueError, match="broken"), Sample(_sent(**GOOD)).catching():
        raise ValueError("broken")


def test_a_thousand_values_and_null_letters_do_no_harm() -> None:
    form = Sample(_sent(**{**GOOD, "title": "A\x00B", "skills": ["x"] * 5_000}))
    assert form.validate() and form.title.data == "AB"


def test_a_creating_form_keeps_its_id_and_a_spoilt_one_gets_another() -> None:
    shown = CreatingForm(None)
    sent = CreatingForm(_sent(submission=str(shown.submission.data)))
    assert sent.submission_id == shown.submission_id
    assert CreatingForm(_sent(submission="rubbish")).submission_id != shown.submission_id


def _all_forms(base: type[Form] = Form) -> set[type[Form]]:
    return {base} | {each for below in base.__subclasses__() for each in _all_forms(below)}


def test_every_text_of_every_form_has_a_limit() -> None:
    marketplace.web.app.handlers()
    forms = {form for form in _all_forms() if form.__module__.startswith("marketplace.")}
    assert len(forms) > 5
    unlimited = [
        f"{form.__name__}.{name}"
        for form in forms
        for name, validators in text_fields(form)
        if not any(getattr(validator, "max", -1) > 0 for validator in validators)
    ]
    assert unlimited == []
