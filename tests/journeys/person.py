"""A person with a browser. Speaks addresses and field names, so that one walk serves all languages."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect

PHONE: dict[str, Any] = {"viewport": {"width": 380, "height": 800}, "device_scale_factor": 1, "has_touch": True}
PASSWORD = "correct horse battery"


class Person:
    def __init__(self, name: str, page: Page, *, pictures: Path) -> None:
        self.name, self.page, self.pictures = name, page, pictures
        self.trouble: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium reports every 4xx as a console error; tests refuse things, and take networks away, on purpose.
        meant = ("the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED")
        if message.type == "error" and not any(each in message.text for each in meant):
            self.trouble.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.trouble.append(f"{response.status} {response.url}")

    # -- walking

    def opens(self, path: str) -> "Person":
        answer = self.page.goto(path)
        assert answer is not None and answer.status < 400, f"{path}: {answer and answer.status}"
        return self

    def writes(self, **fields: str) -> "Person":
        """Fill fields by name; `__` in a name stands for `-`."""
        for name, value in fields.items():
            self.field(name.replace("__", "-")).fill(value)
        return self

    def field(self, name: str) -> Locator:
        return self.page.locator(f"main [name='{name}']").first

    def presses(self, selector: str) -> "Person":
        """Press a button or link in the page, and wait for the page that comes."""
        self.page.locator(selector).locator("visible=true").first.click()
        self.page.wait_for_load_state("load")
        return self

    def sends(self, action: str, button: str = "button:not(.sr-only)") -> "Person":
        """Press the first button of the form whose action ends like this."""
        return self.presses(f"main form[action$='{action}'] {button}")

    def arrives(self, pattern: str) -> re.Match[str]:
        """Wait until the address matches."""
        compiled = re.compile(pattern)
        self.page.wait_for_url(compiled)
        found = compiled.search(self.page.url)
        assert found is not None
        return found

    def sees(self, text: str | re.Pattern[str]) -> "Person":
        expect(self.page.locator("body")).to_contain_text(text)
        return self

    def reads(self, selector: str = "main") -> str:
        return self.page.locator(selector).first.inner_text()

    def waits_for(self, path: str, selector: str) -> "Person":
        """Look at a page again and again until it has `selector`: what a worker does comes a moment later."""
        for _ in range(80):
            self.opens(path)
            if self.page.locator(selector).count():
                return self
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{path} never showed {selector}: {self.reads()[:800]}")

    # -- what everybody does

    def signs_up(self, email: str, *, at_page: bool = False) -> "Person":
        if not at_page:
            self.opens("/sign-up")
        self.writes(name=self.name, email=email, password=PASSWORD)
        self.sends("/sign-up").arrives(r"/sign-up/sent")
        self.waits_for(f"/dev/mail?to={email}", "main a[href^='/dev/mail/']")
        self.presses("main a[href^='/dev/mail/']").presses("main a[href*='/verify-email/']")
        return self.presses("main form[action*='/verify-email/'] button")

    def chooses_language(self, locale: str) -> "Person":
        if self.page.locator("html").get_attribute("lang") != locale:
            self.presses(f"form[action='/language'] button[value='{locale}']")
        expect(self.page.locator("html")).to_have_attribute("lang", locale)
        return self

    def fits_the_screen(self) -> "Person":
        """Nothing sticks out to the side on a phone."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        return self

    def pictures_page(self, name: str) -> "Person":
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        return self
