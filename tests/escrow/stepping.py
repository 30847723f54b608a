"""How a history of money is told: one step after the other, and after each a look at everything."""

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from tests.escrow.cards_model import Model


class Steps(RuleBasedStateMachine):
    """One history; the world and its model go on where the last one ended, as a marketplace does."""

    model: Model
    loop: asyncio.AbstractEventLoop
    steps = 0
    often: Counter[str]
    """By name, the steps that changed something."""
    is_quiet = False
    done: deque[str]
    wrong: BaseException | None = None

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """In the world's loop: hypothesis itself is not asynchronous.

        What goes wrong first is kept: hypothesis tries to do the same again, in a world that has gone on.
        """
        try:
            return asyncio.run_coroutine_threadsafe(doing, self.loop).result(120)
        except BaseException as wrong:
            type(self).wrong = type(self).wrong or wrong
            raise

    def step(self, doing: Coroutine[Any, Any, bool]) -> None:
        type(self).steps += 1
        type(self).done.append(_said(doing))
        name = doing.cr_code.co_qualname
        type(self).often[name] += self.run(self._looked_at(doing))
        self.is_quiet = False

    async def _looked_at(self, doing: Coroutine[Any, Any, bool]) -> bool:
        """A step and what must hold after it."""
        has_changed = await doing
        found = await self.model.always()
        assert found == {}, found
        return has_changed

    async def _at_its_end(self) -> None:
        found = await self.model.agree()
        assert found == [], found

    def teardown(self) -> None:
        """A history that has gone wrong has no end to look at."""
        if type(self).wrong is None:
            self.run(self._at_its_end())


def _said(step: Coroutine[Any, Any, bool]) -> str:
    given = {name: value for name, value in step.cr_frame.f_locals.items() if name != "self"}
    return f"{step.cr_code.co_qualname} {given}"
