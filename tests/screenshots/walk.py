"""Walks the main pages of each person of the cast and lays their pictures in one folder with an index page.

    python -m tests.screenshots.walk http://127.0.0.1:8000 [--out screenshots] [--only ayesha] [--quick]

Every page is loaded once per language and pictured at 380 and 1280 px, light and dark. What a person would trip over is
said at the end, and the exit code is then 1: an answer that is not 200, a page wider than the screen, an error in the
browser's console. Needs a running demo and a Chromium (CHROMIUM names it; /usr/bin/chromium by default).
"""

import argparse
import html
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (380, 1280)
SCHEMES = ("light", "dark")
LOCALES = ("en", "ur")

PUBLIC = (
    "/",
    "/gigs",
    "/gigs?q=web+developr",
    "/gigs?q=zzzqqq",
    "/search?q=shopify",
    "/search?q=zzzqqq",
    "/organisations",
    "/people",
    "/sign-in",
    "/sign-up",
    "/gigs/new",
    "/nothing-here",
)
HERS = ("/", "/notices", "/money", "/account", "/contracts")
GIG, CONTRACT = "/gigs/(?!new|mine)[^/]+$", "/contracts/[^/]+$"
COHORT = "/training/mine > /training/cohorts/"
PROGRAMME, THREAD, CASE = "/training/(?!mine|new)[^/]+$", "/messages/(?!replies)[^/]+$", "/moderation/cases/[^/]+$"
JOB, ROOM, ONE = "/jobs/(?!new|mine)[^/]+$", "/jobs/[^/]+/applications$", "/applications/(?!criteria|compare)[^/]+$"
LIVE, OPEN = "/fairs/dhanote-winter", "/fairs/lodhran-job"
OWN, FIRST = f"/fairs/mine > {LIVE}", "/fairs/mine > /fairs/women"
SERVICE = "/services/(?!new|mine)[^/]+$"
WALKS: dict[str, tuple[str, ...]] = {
    "visitor": (
        *PUBLIC,
        f"/gigs > {GIG}",
        "/people > /people/[^/]+$",
        "/dev/components",
        *("/dev/mail", "/dev/sandbox", "/books", "/fees"),
        *("/jobs", f"/jobs > {JOB}", "/services", f"/services > {SERVICE}"),
        *("/training", f"/training > {PROGRAMME}", f"/training > {PROGRAMME} > /issuers/"),
        *("/issuers/digiskills", "/people/ayesha-khan", "/people/ayesha-khan > /certificates/[^/]+$"),
        *("/fairs", "/fairs?q=rangreza", "/fairs?past=1", f"/fairs > {LIVE}", f"/fairs > {LIVE} > /board$"),
        f"/fairs > {OPEN} > /join$",
    ),
    "ayesha": (
        *(*HERS, "/gigs", "/proposals", "/profile", "/account/notices"),
        *("/searches", "/searches/new?in=gigs&q=logo", "/invitations", "/profile/shown"),
        *("/account/data", "/account/data/delete", "/account/security", "/account/phone", "/organisations/new"),
        *(f"/ > {GIG}", f"/gigs > {GIG} > /propose$", "/proposals > /proposals/[^/]+$"),
        *(f"/jobs > {JOB} > /apply$", "/applications", f"/applications > {ONE}", "/interviews", "/ > /interviews/."),
        *("/interviews > /interviews/. > /times$", "/services/mine", f"/services/mine > {SERVICE} > /edit$"),
        *(f"/contracts > {CONTRACT}", "/ > /milestones/1$"),
        *("/messages", f"/messages > {THREAD}", "/messages?q=fee", "/messages/replies", "/certificates"),
        *("/certificates/outside/new", "/safety/standing", "/safety/reports", "/safety/blocked", "/safety/meetings"),
        *("/money/statements", "/money/statements > /money/statements/", "/money/methods", "/payouts"),
        *("/reputation", "/people/ayesha-khan/reviews", f"/gigs > {GIG} > /report/"),
        *(f"/fairs > {LIVE}", "/ > /fairs/[^/]+/ticket$", "/fairs > /fairs/women"),
    ),
    "bilal": (
        *(
            *HERS,
            "/gigs/mine",
            "/gigs/new",
            f"/gigs/mine > {GIG}",
            f"/gigs/mine > {GIG} > /people$",
            f"/gigs/mine > /proposals$ > {GIG} > /edit$",
        ),
        *("/gigs/mine > /gigs/[^/]+/proposals$", "/gigs/mine > /gigs/[^/]+/proposals$ > /proposals/[^/]+$"),
        *(f"/contracts > {CONTRACT}", "/ > /milestones/1$"),
        *("/jobs/new", "/jobs/mine", f"/jobs/mine > {JOB}", f"/ > {ROOM}", f"/ > {ROOM} > [?]stage=screening"),
        *(f"/ > {ROOM} > {ONE}", f"/ > {ROOM} > {ONE} > /interview$", f"/ > {ROOM} > {ONE} > /offer$"),
        *("/interviews > /interviews/.", f"/services > {SERVICE} > /order$"),
        *("/organisation", "/organisation/seats", "/organisation > /organisations/", "/people?q=shopify"),
        *(f"/fairs > {LIVE} > /day$", f"/fairs > {LIVE} > /booth$", f"/fairs > {LIVE} > /booth$ > /booth/candidates$"),
    ),
    "hina": (
        *(*HERS, "/proposals", "/profile", "/account/data/delete"),
        *("/ > /offers/.", "/ > /offers/. > /accept$"),
    ),
    "organiser": (
        *(*HERS, "/fairs/mine", "/fairs/new", OWN, f"{OWN} > /files$", f"{OWN} > /organise/booths$"),
        *(f"{OWN} > /organise/candidates$", f"{OWN} > /organise/timetable$", f"{OWN} > /day$"),
        *(f"{OWN} > /organise/timetable$ > /timetable/1$", f"{FIRST} > /organise/timetable$"),
        f"/fairs/mine > {OPEN} > /organise/candidates$ > /organise/people$",
    ),
    "trainer": (
        *(
            "/",
            "/training/mine",
            "/training/new",
            f"/training/mine > {PROGRAMME}",
            "/training/mine > /training/cohorts/",
        ),
        *(
            "/training/mine > /training/cohorts/ > /graduates$",
            "/training/mine > /training/cohorts/ > /training/imports/",
        ),
        *(f"/training/mine > {PROGRAMME} > /cohorts/new$", f"/training/mine > {PROGRAMME} > /courses/new$"),
    ),
    "moderator": (
        *HERS,
        *("/moderation", f"/moderation > {CASE}", "/certificates/unchecked", "/certificates/unchecked > /unchecked/"),
        *("/moderation/disputes", "/moderation/disputes > /disputes/", "/moderation/chargebacks", "/ops/books"),
        *("/moderation/checks", "/moderation/checks > /checks/[^/]+$", "/moderation/appeals"),
    ),
    "finance": ("/ops/payouts", "/ops/statements", "/ops/lines", "/ops/pay-ins", "/ops/books"),
    "moderator2": ("/moderation/appeals", "/moderation/appeals > /moderation/appeals/[^/]+$"),
    "shahid": ("/", "/safety/standing", "/safety/standing > /appeal$", "/gigs/mine"),
}
"""Addresses; `/list > pattern` is the first link on that page that fits, and so on from page to page."""
_HEAD = (
    "<!doctype html><meta charset=utf-8><title>Pictures</title><style>body{font-family:sans-serif}"
    "img{height:420px;object-fit:cover;object-position:top;border:1px solid #ccc;margin:4px}</style>"
)


@dataclass
class Findings:
    """What was pictured, and what a person would trip over."""

    shots: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def main() -> int:
    asked = _arguments()
    out: Path = asked.out
    out.mkdir(parents=True, exist_ok=True)
    findings = Findings()
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for person in asked.only or WALKS:
            for locale in LOCALES[:1] if asked.quick else LOCALES:
                _walk(browser, asked, person, locale, findings)
        browser.close()
    (out / "index.html").write_text(_index(findings), encoding="utf-8")
    print(f"{len(findings.shots)} pictures: {out / 'index.html'}")
    for fault in findings.faults:
        print("  fault:", fault)
    return 1 if findings.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", action="append", choices=WALKS)
    parser.add_argument("--quick", action="store_true", help="English and light only")
    return parser.parse_args()


def _walk(browser: Browser, asked: argparse.Namespace, person: str, locale: str, findings: Findings) -> None:
    size = {"width": 1280, "height": 900}
    context = browser.new_context(base_url=asked.address, viewport=size, reduced_motion="reduce")
    page = context.new_page()
    where = f"{person} {locale}"
    page.on("console", lambda m: findings.faults.append(f"{where} {page.url}: {m.text}") if _is_fault(m) else None)
    if person != "visitor":
        _sign_in(page, person)
    page.goto("/")
    _speak(page, locale)
    for path in WALKS[person]:
        address = _resolve(page, path)
        if address is None:
            findings.faults.append(f"{where} {path}: no such link")
            continue
        answer = page.goto(address)
        status = answer.status if answer else 0
        expected = 404 if address == "/nothing-here" else 200
        if status != expected:
            findings.faults.append(f"{where} {address}: answered {status}")
        for name in _pictures(page, asked, f"{person}-{locale}-{_file_name(path)}", findings):
            findings.shots.append((person, path, name))
    _speak(page, "en")
    context.close()


def _is_fault(message: object) -> bool:
    return getattr(message, "type", "") == "error" and "404 (Not Found)" not in getattr(message, "text", "")


def _sign_in(page: Page, person: str) -> None:
    page.goto("/sign-in")
    page.locator(f"button[name='as'][value='{person}']").first.click()
    page.wait_for_load_state()


def _speak(page: Page, locale: str) -> None:
    button = page.locator(f".top-language button[value={locale}]")
    if button.count():
        button.click()
        page.wait_for_load_state()


def _resolve(page: Page, path: str) -> str | None:
    """The address at the end of the way; None when a page on it has no such link."""
    address, *patterns = path.split(" > ")
    for pattern in patterns:
        page.goto(address)
        links = page.locator("main a").evaluate_all(
            "all => all.map(a => new URL(a.href).pathname + new URL(a.href).search)"
        )
        found = next((link for link in links if re.search(pattern, link)), None)
        if found is None:
            return None
        address = found
    return address


def _pictures(page: Page, asked: argparse.Namespace, stem: str, findings: Findings) -> Iterator[str]:
    for scheme in SCHEMES[:1] if asked.quick else SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] - a plain str of the two it names
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            is_at = page.evaluate("document.documentElement.scrollWidth")
            if is_at > width:
                findings.faults.append(f"{stem} is {is_at} px wide on a screen of {width}")
            name = f"{stem}-{width}-{scheme}.png"
            page.screenshot(path=asked.out / name, full_page=True)
            yield name


def _file_name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"


def _index(findings: Findings) -> str:
    rows: dict[tuple[str, str], list[str]] = {}
    for person, path, name in findings.shots:
        rows.setdefault((person, path), []).append(name)
    parts = [
        f"<h2>{html.escape(person)} {html.escape(path)}</h2><p>"
        + "".join(f'<a href="{n}"><img loading="lazy" src="{n}" alt="{n}" title="{n}"></a>' for n in names)
        + "</p>"
        for (person, path), names in rows.items()
    ]
    faults = "".join(f"<li>{html.escape(fault)}</li>" for fault in findings.faults)
    return f"{_HEAD}<ul>{faults}</ul>{''.join(parts)}"


if __name__ == "__main__":
    sys.exit(main())
