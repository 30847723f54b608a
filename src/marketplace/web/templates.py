"""Compiled templates, one set per language: what needs nothing of the request is made when a template is compiled.

`_("Remote")`, {% trans %} without variables, asset("app.css") and ui.icon("check") are text of the compiled template,
in the language of its set. And macros are made once for a page, however many of its parts import them: they see what
the page was rendered with (tests/web/test_templates.py), so all imports give the same.
"""

from collections.abc import Callable, Mapping, MutableMapping
from functools import cache
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, nodes
from jinja2.environment import TemplateModule
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from marketplace.kernel import ids
from marketplace.kernel.i18n import LOCALE_NAMES, LOCALES
from marketplace.kernel.paths import resource
from marketplace.web.assets import assets
from marketplace.web.drawn import drawing
from marketplace.web.i18n import FILTERS, words

_UI = "components/ui.html"
MADE = "_made"
"""The variable of a page that holds its macros."""


@cache
def environments(*, reloads: bool) -> dict[str, Environment]:
    """One set of compiled templates per language."""
    return {locale: Templates(locale, reloads=reloads) for locale in LOCALES}


class PageTemplate(Template):
    """A template whose macros are made once for each page."""

    def make_module(
        self, vars: dict[str, Any] | None = None, shared: bool = False, locals: Mapping[str, Any] | None = None
    ) -> TemplateModule:
        """What Jinja calls for `{% import … with context %}`; `vars` are those of the page."""
        made: dict[str | None, TemplateModule] | None = (vars or {}).get(MADE)
        if made is None:
            return super().make_module(vars, shared, locals)
        if self.name not in made:
            made[self.name] = super().make_module(vars, shared, locals)
        return made[self.name]


class Templates(Environment):
    """The templates of one language."""

    template_class = PageTemplate

    def __init__(self, locale: str, *, reloads: bool) -> None:
        super().__init__(
            loader=FileSystemLoader(resource("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=reloads,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.newstyle_gettext = True
        self.filters.update(FILTERS)
        said = words(locale)
        shared = {"short_id": ids.short, "locales": LOCALES, "locale_names": LOCALE_NAMES, **said}
        self.globals |= {**shared, "asset": assets().url, "drawn": drawing(locale)}
        fixed = {"_": said["_"], "gettext": said["gettext"], "asset": assets().url, "ui.icon": self._icon}
        self._fixed = _Fixed(fixed)

    def _icon(self, *args: str) -> Markup:
        return self.get_template(_UI).module.icon(*args)  # type: ignore[attr-defined] - a macro

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Jinja's chain of two dictionaries is walked for every import; ours is one."""
        return super().make_globals(d) if d else cast(Any, self).globals

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Jinja's hook between the parsed template and its code."""
        return super()._generate(self._fixed.visit(source), name, filename, defer_init)


class _Fixed(NodeTransformer):
    """Calls a function of `functions` (by its name in templates) at once where its arguments are written out."""

    def __init__(self, functions: Mapping[str, Callable[..., str]]) -> None:
        self._functions = functions

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name Jinja's visitors look for
        self.generic_visit(node)
        function = self._functions.get(_name(node.node))
        is_written_out = all(isinstance(each, nodes.Const) for each in node.args)
        if function is None or not is_written_out or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        return nodes.Const(function(*(each.value for each in node.args)), lineno=node.lineno)  # type: ignore[attr-defined]


def _name(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""
