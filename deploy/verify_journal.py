#!/usr/bin/env python3
"""Check a published journal without trusting whoever published it. Needs Python 3.11 and the package `cryptography`.

    python verify_journal.py journal.jsonl --key HEX [--root KEPT.json …] [--mine OPENINGS.json]

What is proved: every record stands in its place and is whole (SHA-256 chain), the entries of every transaction add up
to zero in each currency, every root is signed by the key, follows the one before and closes exactly these records,
days never go back, and the held totals are the sums of the records that hold money. With --root: the journal still
contains the roots that you kept from an earlier day, so nothing before them was rewritten since. With --mine: the
amounts of your own entries are the ones in the journal.

What is not proved: that an account of which you hold no opening has the amount that its owner believes; ask them.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# The squares modulo the 2048-bit safe prime of RFC 3526, section 3; amounts are committed to as g^amount * h^blind.
P = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
G = 4
SENTENCE = b"marketplace journal: the second base, number "
H = pow(int.from_bytes(b"".join(hashlib.sha256(SENTENCE + b"%d" % n).digest() for n in range(9)), "big") % P, 2, P)
HELD = "hold"


class Broken(Exception):
    """The journal is not what its roots say."""


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


class Journal:
    """Reads line by line; `records` and `roots` count what was sound so far."""

    def __init__(self, key: str) -> None:
        self.key, self.records, self.roots = key, 0, 0
        self.head, self.previous, self.day = bytes(32), bytes(32).hex(), ""
        self.held: dict[str, int] = {}
        self.commitments: dict[int, list[list[str]]] = {}
        self.root_lines: set[str] = set()
        self.closed = 0

    def read(self, lines: Iterable[str]) -> "Journal":
        for place, line in enumerate(lines, 1):
            try:
                self._line(line.rstrip("\n"))
            except Broken as error:
                raise Broken(f"line {place}: {error}") from None
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                where = f"after record {self.records}"
                raise Broken(f"line {place}: {where} is something that is no record and no root ({error})") from None
        if self.closed != self.records:
            raise Broken(f"records {self.closed + 1} to {self.records} stand under no root: the end is missing")
        return self

    def _line(self, line: str) -> None:
        found = json.loads(line)
        name = f"root {found['root']}" if "root" in found else f"record {found['n']}"
        if canonical(found) != line:
            raise Broken(f"{name} is not written in the one way: a byte was changed")
        if "root" in found:
            self._root(found, line)
        else:
            self._record(found)

    def _record(self, record) -> None:
        number = record["n"]
        if number != self.records + 1:
            said = "was removed or moved" if number > self.records else "stands here a second time or too late"
            missing = self.records + 1 if number > self.records else number
            raise Broken(f"record {missing} {said}: found record {number} where {self.records + 1} belongs")
        told = record.pop("hash")
        head = hashlib.sha256(self.head + canonical(record).encode()).digest()
        if head.hex() != told:
            raise Broken(f"record {number} was changed: its hash does not follow from what it says")
        products: dict[str, int] = {}
        for kind, currency, commitment in record["lines"]:
            value = int(commitment, 16)
            products[currency] = products.get(currency, 1) * value % P
            if kind == HELD:
                self.held[currency] = self.held.get(currency, 1) * value % P
        for currency, product in products.items():
            if product != 1:
                raise Broken(f"record {number} does not add up to zero in {currency}")
        self.records, self.head = number, head
        self.commitments[number] = record["lines"]

    def _root(self, root, line: str) -> None:
        name = f"root {root['root']}"
        if root["root"] != self.roots + 1:
            raise Broken(f"root {self.roots + 1} was removed or moved: found {name}")
        if root["key"] != self.key:
            raise Broken(f"{name} is signed with another key than yours")
        signature = bytes.fromhex(root.pop("signature"))
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            key.verify(signature, canonical(root).encode())
        except InvalidSignature:
            raise Broken(f"{name} was changed: its signature is wrong") from None
        if root["previous"] != self.previous:
            raise Broken(f"{name} does not follow the root before it")
        if root["day"] < self.day:
            raise Broken(f"{name} is dated back: {root['day']} after {self.day}")
        if (root["through"], root["head"]) != (self.records, self.head.hex()):
            raise Broken(f"{name} closes other records than these: it says {root['through']}, here are {self.records}")
        for currency, told in root["totals"].items():
            if self.held.get(currency, 1) != pow(G, told["held"], P) * pow(H, int(told["blind"]), P) % P:
                raise Broken(f"{name} tells a held total in {currency} that its records do not hold")
        self.roots, self.previous, self.day = root["root"], hashlib.sha256(line.encode()).hexdigest(), root["day"]
        self.closed = self.records
        self.root_lines.add(line)


def check_kept(journal: Journal, kept: str) -> None:
    """A root of an earlier day must still be there, letter by letter."""
    line = kept.strip()
    if line not in journal.root_lines:
        root = json.loads(line)
        raise Broken(f"the root {root['root']} of {root['day']} that you kept is not in this journal: it was rewritten")


def check_mine(journal: Journal, openings) -> list[int]:
    """Each opening must open a line of its record; returns which records come after the end of this journal."""
    for each in openings:
        if each["n"] > journal.records:
            continue
        wanted = pow(G, each["amount"], P) * pow(H, int(each["blind"]), P) % P
        line = [each["kind"], each["currency"], f"{wanted:x}"]
        if line not in journal.commitments.get(each["n"], []):
            raise Broken(f"record {each['n']} does not hold your {each['kind']} entry of {each['amount']}")
    return sorted({each["n"] for each in openings if each["n"] > journal.records})


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a published journal.")
    parser.add_argument("journal")
    parser.add_argument("--key", required=True, help="the public key, 64 hex digits")
    parser.add_argument("--root", action="append", default=[], help="a file with one root line that you kept")
    parser.add_argument("--mine", help="a file with the openings of your own entries")
    given = parser.parse_args()
    later: list[int] = []
    try:
        with Path(given.journal).open(encoding="ascii", errors="backslashreplace", newline="\n") as lines:
            journal = Journal(given.key).read(lines)
        if not journal.roots:
            raise Broken("there is nothing in this file: fetch the journal again")
        for path in given.root:
            check_kept(journal, Path(path).read_text(encoding="ascii"))
        if given.mine:
            later = check_mine(journal, json.loads(Path(given.mine).read_text(encoding="ascii")))
    except Broken as error:
        print(f"BROKEN: {error}")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"A file can't be read: {error}")
        return 2
    if later:
        print(f"NOT YET: your record {later[0]} and later come after the end of this journal. Fetch it again tomorrow.")
    print(f"SOUND: {journal.records} records under {journal.roots} roots, the last of {journal.day or 'no day'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
