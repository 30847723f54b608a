"""What all requests of one process share: settings, open services, templates, assets."""

from dataclasses import dataclass, field
from uuid import UUID

from jinja2 import Environment

from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services
from marketplace.web.assets import Assets
from marketplace.web.pace import Pace


@dataclass(slots=True)
class Site:
    """Made once per process. Nothing in it differs between two processes but what `seen` has not written yet."""

    settings: Settings
    assets: Assets
    templates: dict[str, Environment]
    opened: Services | None = None
    seen: dict[UUID, None] = field(default_factory=dict[UUID, None])
    pace: Pace = field(default_factory=Pace)

    @property
    def services(self) -> Services:
        """What runtime.py opened."""
        assert self.opened is not None, "the application was not started"
        return self.opened

    def cookie_name(self, name: str) -> str:
        """Behind https the prefix `__Host-` binds a cookie to this very host."""
        return f"__Host-{name}" if self.settings.is_secure else name
