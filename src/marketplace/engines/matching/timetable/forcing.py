"""Forces meetings into a timetable and looks whether those that had to go find another place (forward search).

A chain moves one meeting for another. Where a seat and its candidate's hour are both taken, two or three have to go at
once: they are put out, then each is put in again through chains. What is worth more afterwards stays, the rest is
undone (Müller, Barták, Rudová, Iterative Forward Search, 2004, without its random walk).
"""

import numpy as np

from marketplace.engines.matching.timetable.board import Board
from marketplace.engines.matching.timetable.chains import Chains, Pair

MOST_CONFLICTS = 3


def force(board: Board, chains: Chains, wanted: list[Pair], *, tries: int, limit: int) -> int:
    """Puts in as many of `wanted` as raises the value, in at most `tries` attempts; says how many attempts it took."""
    made = 0
    for pair in wanted:
        if pair in board.slot_of or board.count[pair[0]] >= board.most[pair[0]]:
            continue
        for slot in range(board.problem.frozen_until, board.problem.n_slots):
            conflicts = in_conflict(board, chains, pair, slot)
            if conflicts is None:
                continue
            made += 1
            if made > tries:
                return made
            if is_better(board, chains, pair, slot, conflicts, limit=limit):
                break
    return made


def in_conflict(board: Board, chains: Chains, pair: Pair, slot: int) -> list[Pair] | None:
    """The meetings that must go for `pair` to sit in `slot`; None where it may not, or too many would have to."""
    candidate, employer = pair
    if not board.allowed(candidate, employer) >> slot & 1:
        return None
    row = board.at[candidate]
    found: list[Pair] = []
    if row[slot] >= 0:
        found.append((candidate, row[slot]))
    if not board.suiting(candidate, employer, board.busy[candidate]) >> slot & 1:
        beside = [s for s in (slot - 1, slot + 1) if board.before[max(s, slot)] and row[s] >= 0]
        found += [(candidate, row[s]) for s in beside]
    if board.free[employer][slot] <= 0:
        mates = [(c, employer) for c in board.sitting[employer][slot] if c != candidate]
        if not mates:
            return None
        found.append(min(mates, key=lambda mate: (chains.worth[mate], mate)))
    if len(found) > MOST_CONFLICTS or any(other in board.locked for other in found):
        return None
    return found


def is_better(board: Board, chains: Chains, pair: Pair, slot: int, conflicts: list[Pair], *, limit: int) -> bool:
    before, value = dict(board.slot_of), worth(board, chains)
    for other in conflicts:
        board.take(*other)
    if board.free[pair[1]][slot] > 0 and board.fits(*pair, slot):
        board.put(*pair, slot)
        for other in sorted(conflicts, key=lambda each: (-chains.worth[each], each)):
            chains.insert(other, may_drop=False, limit=limit)
        if worth(board, chains) > value:
            return True
    restore(board, before)
    return False


def worth(board: Board, chains: Chains) -> int:
    return sum(map(chains.worth.__getitem__, board.slot_of)) + chains.rewards.total(np.array(board.count))


def restore(board: Board, before: dict[Pair, int]) -> None:
    changed = [pair for pair, slot in board.slot_of.items() if before.get(pair) != slot]
    for pair in changed:
        board.take(*pair)
    for pair, slot in before.items():
        if pair not in board.slot_of:
            board.put(*pair, slot)
