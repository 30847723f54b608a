"""locale/*/LC_MESSAGES/messages.po: complete, in step with the words of the code, and fit to be shown."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message

from marketplace.engines.notify.rendering import _environment as mail_environment
from marketplace.web.templates import environments

ROOT = Path(__file__).parents[2]
URDU = ROOT / "locale/ur/LC_MESSAGES/messages.po"
LATIN_WORDS = {
    *("Excel", "IBAN", "MB", "MP", "Markdown", "Office", "PDF", "SHA", "USD", "ZIP", "com", "example", "name"),
    *("CSV", "CV", "JPEG", "JSON", "PIN", "PNG", "QR", "SMS", "UTC", "UTF", "WebP", "docx", "https", "localhost"),
    *("DigiSkills", "NAVTTC", "NTN", "SECP", "info", "posting", "deploy", "py", "reputation", "files", "rows", "id"),
    *("PK", "SCBL", "camt", "PKR"),
    *("phone", "ur", "en", "yes", "no", "month", "hour", "year", "fixed"),  # what cells of a centre's file say
    *("approved", "requested", "invited", "registered", "confirmed", "waiting", "candidate", "employer", "must"),
    *("would", "multan", "zip", "csv", "employers", "tables", "candidates", "wishes"),  # and of a whole fair's files
}
"""What stays in Latin letters inside Urdu."""
LATIN_MESSAGES = {"2", "4", "SMS"}
"""Messages whose Urdu is the English itself."""
WRITTEN_BY_PEOPLE = {
    *("about", "cohort", "company", "contact", "contract", "course", "email", "former", "freelancer", "gig", "issuer"),
    *("job", "kind", "language", "milestone", "missing", "name", "organisation", "person", "piece", "place"),
    *("posting", "programme", "service", "site", "skill", "skills", "title", "who"),
}
"""Placeholders whose values may be in Latin letters and numbers."""


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deploy_messages", ROOT / "deploy/messages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = _script()


@pytest.fixture(scope="module")
def found() -> list[Any]:
    return script.extracted()


@pytest.fixture(scope="module")
def urdu() -> Catalog:
    return script.read(URDU)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _pairs(catalogue: Catalog) -> list[tuple[str, str]]:
    """(English, Urdu); of a plural the form for many, which names every value."""
    return [(_forms(message.id)[-1], _forms(message.string)[-1]) for message in _messages(catalogue)]


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _msgid(asked: str | tuple[str | None, ...]) -> str | tuple[str, ...]:
    """Jinja gives the values of a message too, as None."""
    words = tuple(each for each in _forms(asked) if each)  # type: ignore[arg-type]
    return words if len(words) > 1 else words[0]


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[a-z]", text))


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z][^>]*>", text))


def test_every_message_of_the_code_is_said_in_urdu(found: list[Any], urdu: Catalog) -> None:
    said = {message.id for message in _messages(urdu) if script.is_said(message)}
    assert len(said) > 900
    assert sorted({str(msgid) for _, _, msgid in found if msgid not in said}) == [], "run `make messages`, translate"


def test_nothing_is_left_over_or_in_doubt(found: list[Any], urdu: Catalog) -> None:
    assert sorted({m.id for m in _messages(urdu)} - {msgid for _, _, msgid in found}, key=str) == []
    assert list(urdu.obsolete) == [] and [m.id for m in _messages(urdu) if m.fuzzy] == []


def test_the_templates_ask_for_the_messages_that_are_extracted(urdu: Catalog) -> None:
    """Read with the very environments of pages and mails: other settings make other msgids."""
    pages, mails = environments(reloads=True)["ur"], mail_environment("ur")
    asked: set[Any] = set()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        kind = path.relative_to(ROOT / "templates").parts[0]
        if kind != "dev":
            reader = mails if kind == "email" else pages
            asked |= {msgid for _, _, msgid in reader.extract_translations(path.read_text(encoding="utf-8"))}  # type: ignore[attr-defined]
    known = {message.id for message in _messages(urdu)}
    wanted = {_msgid(each) for each in asked if each and any(_forms(each))}
    assert len(wanted) > 500
    assert sorted(str(msgid) for msgid in wanted if msgid not in known) == []


def test_values_and_markup_are_kept(urdu: Catalog) -> None:
    pairs = _pairs(urdu)
    assert [pair for pair in pairs if _placeholders(pair[0]) != _placeholders(pair[1])] == []
    assert [pair for pair in pairs if _tags(pair[0]) != _tags(pair[1])] == []
    singular = [message for message in _messages(urdu) if message.pluralizable]
    assert [m.id for m in singular if not set(_placeholders(m.string[0])) <= set(_placeholders(m.id[1]))] == []


def test_names_stand_in_isolates(urdu: Catalog) -> None:
    """Unicode Annex 9: else the number at the end of a title, or a bracket, goes to the wrong side of the line."""
    names = "|".join(sorted(WRITTEN_BY_PEOPLE))
    for _, said in _pairs(urdu):
        assert said.count("\u2068") == said.count("\u2069")
        bare = re.findall(rf"(?<!\u2068)%\((?:{names})\)s|%\((?:{names})\)s(?!\u2069)", said)
        assert bare == [], said


def test_no_english_is_left_by_accident(urdu: Catalog) -> None:
    left = {}
    for message in _messages(urdu):
        for said in _forms(message.string):
            plain = re.sub(r"%\(\w+\)[a-z]|<[^>]+>", "", said)
            words = set(re.findall(r"[A-Za-z]{2,}", plain)) - LATIN_WORDS
            if words or (said in _forms(message.id) and said not in LATIN_MESSAGES):
                left[said] = words
    assert left == {}


def test_one_and_many_differ_as_in_english(urdu: Catalog) -> None:
    assert (urdu.num_plurals, urdu.plural_expr) == (2, "(n != 1)")
    assert [m.id for m in _messages(urdu) if m.pluralizable and len(m.string) != 2] == []


def test_every_letter_is_in_our_font(urdu: Catalog) -> None:
    """hatch_build.py cuts the font down to these letters."""
    source = (ROOT / "hatch_build.py").read_text(encoding="utf-8")
    listed = re.findall(r"\b([0-9A-F]{4})(?:-([0-9A-F]{4}))?\b", "".join(re.findall(r'"([0-9A-F,-]{60,})"', source)))
    in_font = {code for first, last in listed for code in range(int(first, 16), int(last or first, 16) + 1)}
    assert ord("ی") in in_font
    used = {letter for _, said in _pairs(urdu) for letter in said if "\u0600" <= letter <= "\u06ff"}
    assert sorted(letter for letter in used if ord(letter) not in in_font) == []


def test_arabic_letters_do_not_stand_for_urdu_ones(urdu: Catalog) -> None:
    """ي, ك, ه, ى and ة look alike and are not found by a search for ی, ک, ہ; the same for eastern digits."""
    assert [said for _, said in _pairs(urdu) if re.search("[يكهىة٠-٩۰-۹]", said)] == []


def test_the_file_says_who_has_not_read_it_yet(urdu: Catalog) -> None:
    assert "NOT YET READ BY A NATIVE SPEAKER" in urdu.header_comment


def test_writing_it_again_changes_nothing_and_names_no_machine(found: list[Any], urdu: Catalog) -> None:
    once = script.written(script.merged(urdu, found))
    again = script.written(script.merged(script.merged(urdu, found), found))
    assert once == again
    assert once.decode().split("msgid", 1)[0] == URDU.read_text(encoding="utf-8").split("msgid", 1)[0]
    for text in (once.decode(), URDU.read_text(encoding="utf-8")):
        assert str(ROOT) not in text and "Creation-Date" not in text and "Generated-By" not in text
        assert re.search(r"^#:.*:\d", text, re.MULTILINE) is None


def test_new_words_come_empty_and_old_ones_go() -> None:
    old = Catalog(locale="ur", fuzzy=False)
    old.add("Kept", "رکھا")
    old.add("Gone", "گیا")
    old.add(("one", "many"), ("ایک", "کئی"))
    new = script.merged(old, [("a.html", 1, "Kept"), ("a.html", 2, "New"), ("a.html", 3, ("one", "several"))])
    assert {m.id: script.is_said(m) for m in _messages(new)} == {"Kept": True, "New": False, ("one", "several"): False}
