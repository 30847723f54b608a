"""Compiled templates: fixed words are in them, and what a macro shows never comes from another page or reader."""

from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from marketplace.kernel.i18n import LOCALES, translations
from marketplace.kernel.paths import resource
from marketplace.web.templates import MADE, environments

ENVIRONMENTS = environments(reloads=False)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize("locale", LOCALES)
def test_fixed_words_are_said_when_a_template_is_compiled(locale: str) -> None:
    templates, said = ENVIRONMENTS[locale], translations(locale).gettext("Remote")
    source = '{{ _("Remote") }}{% trans %}Remote{% endtrans %}{{ ui.icon("check") }}{{ _(word) }}'
    compiled = templates.compile(source, raw=True)
    assert compiled.count(said) == 2 and "#check" in compiled
    assert compiled.count("context.call") == 1  # of the word that is only known when the page is drawn
    assert templates.from_string(source[:17] + "|{{ _(word) }}").render(word="Remote") == f"{said}|{said}"


def test_macros_see_only_what_their_page_was_rendered_with() -> None:
    """They are made once for a page, so what one part of it sets before an import must not matter to them."""
    folder = resource("templates")
    parsed = {
        path.relative_to(folder).as_posix(): ENVIRONMENTS["en"].parse(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
        if "email" not in path.relative_to(folder).parts
    }
    set_in = {
        name: {each.name for each in page.find_all(nodes.Name) if each.ctx != "load"} for name, page in parsed.items()
    }
    clashes: list[str] = []
    for name, page in parsed.items():
        for each in page.find_all(nodes.Import):
            assert isinstance(each.template, nodes.Const)
            wanted = find_undeclared_variables(parsed[each.template.value]) - set_in[each.template.value]
            clashes += [f"{name} sets {found} for {each.template.value}" for found in wanted & set_in[name]]
    assert not clashes


@pytest.mark.parametrize("locale", LOCALES)
def test_macros_are_made_once_for_a_page_and_anew_for_the_next(locale: str) -> None:
    source = (
        '{% import "components/ui.html" as ui with context %}{{ ui.ago(at) }}'
        '{% import "components/lists.html" as lists with context %}'
        '{% import "components/ui.html" as again with context %}'
        "{{ again.ago(at) }}{% if ui is not sameas again %}twice{% endif %}"
    )
    page = ENVIRONMENTS[locale].from_string(source)
    first, second = (
        page.render({MADE: {}, "locale": locale, "now": NOW + timedelta(hours=hours), "at": NOW}) for hours in (1, 5)
    )
    assert first != second
    assert "twice" not in first + second
