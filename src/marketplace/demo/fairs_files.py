"""Who comes to the fairs of the demo world, as the files an organiser would load: the same each time; pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.demo import world
from marketplace.fairs.whole_files import FileName, written

HALLS = (("Hall A", "ground"), ("Hall B", "ground"), ("Hall C", "upstairs"))
Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many of each; `slots` are the numbers of those for meetings. `cast`: people of the demo by name and e-mail,
    who come first.
    """

    employers: int
    candidates: int
    slots: Sequence[int]
    is_women_only: bool = False
    cast: Sequence[tuple[str, str]] = ()
    seed: int = 7


def files_of(size: Size) -> dict[FileName, bytes]:
    """All four files."""
    chance = random.Random(size.seed)  # noqa: S311 - a story, no secret
    told = world.fairs()
    stands = _employers(size, told["trades"], chance)
    people = _candidates(size, told, chance)
    parts: dict[FileName, Rows] = {
        "employers": [row for row, _ in stands],
        "tables": _tables(size, stands, chance),
        "candidates": [row for row, _ in people],
        "wishes": _wishes(stands, people, chance),
    }
    return {name: written(name, rows) for name, rows in parts.items()}


def _employers(size: Size, trades: list[Any], chance: random.Random) -> list[tuple[dict[str, str], int]]:
    """Each with its trade; neighbours are of different trades."""
    found: list[tuple[dict[str, str], int]] = []
    for n in range(size.employers):
        number = n % len(trades)
        trade = trades[number]
        low, high = trade["pay"]
        top = chance.randrange(low + (high - low) // 2, high + 1, 1_000)
        row = {
            **{"name": trade["employers"][n // len(trades)], "label": f"B{n + 1}", "state": "approved"},
            **{"about": f"Hires for {trade['hires']}.", "wants_tables": str(1 + n % 3)},
            **{"languages": "ur|en" if n % 4 else "", "pay_from": str(low), "pay_to": str(top)},
            **{"currency": "PKR", "pay_period": "month", "skills": trade["skills"][0] if n % 5 == 0 else ""},
        }
        found.append((row, number))
    return found


def _tables(size: Size, stands: list[tuple[dict[str, str], int]], chance: random.Random) -> Rows:
    found: Rows = []
    for n, (stand, _) in enumerate(stands):
        room, zone = HALLS[n % len(HALLS)]
        for _ in range(int(stand["wants_tables"])):
            breaks = [str(chance.choice(size.slots[2:]))] if len(size.slots) > 3 and chance.random() < 0.3 else []
            place = {"employer": stand["name"], "room": room, "zone": zone, "breaks": "|".join(breaks)}
            found.append({"label": f"T{len(found) + 1}", **place})
    return found


def _candidates(size: Size, told: dict[str, Any], chance: random.Random) -> list[tuple[dict[str, str], int]]:
    """By phone alone, without passwords: most of them come from a centre's list."""
    people, found = told["people"], list[tuple[dict[str, str], int]]()
    for n in range(size.candidates):
        is_woman = size.is_women_only or chance.random() < 0.45 or n < len(size.cast)
        first = chance.choice(people["women" if is_woman else "men"])
        name, email = size.cast[n] if n < len(size.cast) else (f"{first} {chance.choice(people['families'])}", "")
        number = 0 if n < len(size.cast) else chance.randrange(len(told["trades"]))
        trade = told["trades"][number]
        low, high = trade["pay"]
        row = {
            **{"number": str(n + 1), "name": name, "email": email, "phone": f"+92300{n + 1:07}"},
            **{"language": "ur" if chance.random() < 0.7 else "en", "woman": "yes" if is_woman else "no"},
            **{"newcomer": "yes" if chance.random() < 0.3 else "", "centre": chance.choice(people["centres"])},
            **{"district": chance.choice(people["districts"]), "education": chance.choice(people["schools"])},
            **{"about": trade["about"], "languages": "ur|en" if chance.random() < 0.5 else "ur"},
            **{"skills": "|".join(sorted({trade["skills"][0], *chance.sample(trade["skills"], 2)}))},
            **{"companions": "1" if is_woman and chance.random() < 0.4 else ""},
        }
        if chance.random() < 0.6:
            floor = chance.randrange(low - 5_000, low + (high - low) // 3, 1_000)
            row |= {"pay_floor": str(floor), "currency": "PKR", "pay_period": "month"}
        found.append((row, number))
    return found


def _wishes(
    stands: list[tuple[dict[str, str], int]], people: list[tuple[dict[str, str], int]], chance: random.Random
) -> Rows:
    """Candidates wish eight to fifteen employers, first those of their trade; employers some of those who wish them."""
    found: Rows = []
    wishing: dict[str, list[str]] = {stand["name"]: [] for stand, _ in stands}
    for person, trade in people:
        own = [stand["name"] for stand, of in stands if of == trade]
        others = [stand["name"] for stand, of in stands if of != trade]
        chosen = [*own, *chance.sample(others, min(len(others), max(0, chance.randint(8, 15) - len(own))))]
        for rank, name in enumerate(chosen, 1):
            choice = "must" if rank <= 2 else "would"
            found.append(_wish(person["number"], name, "candidate", choice) | {"rank": str(rank)})
            wishing[name].append(person["number"])
    for name, numbers in wishing.items():
        liked = sorted(chance.sample(numbers, len(numbers) * 7 // 10), key=int)
        for place, number in enumerate(liked):
            found.append(_wish(number, name, "employer", "must" if place % 17 == 0 and place < 170 else "would"))
    return found


def _wish(number: str, employer: str, side: str, choice: str) -> dict[str, str]:
    return {"candidate": number, "employer": employer, "side": side, "choice": choice}
