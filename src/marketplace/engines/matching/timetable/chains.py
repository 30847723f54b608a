"""Puts one more meeting into a timetable by moving a few others: shortest chains first.

A meeting that finds its table full or its candidate busy takes the place of the meeting that stands there; that one
looks for another slot, and so on, until one finds a free seat (Kempe, On the Geographical Problem of the Four Colours,
1879, in two slots; here in all of them, as augmenting paths). Where no chain ends in a free seat, one that ends by
giving up a meeting of lower worth will do: the value of the whole only ever rises.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from marketplace.engines.matching.timetable.board import Board

Pair = tuple[int, int]

NOBODY: Pair = (-1, -1)


class Chains:
    """Insertions into one board. `worth` is each pair's weight, `bonus` what a candidate's first meeting adds."""

    def __init__(self, board: Board, worth: Mapping[Pair, int], *, bonus: int) -> None:
        self.board, self.worth, self.bonus = board, worth, bonus
        self.dropped: list[Pair] = []
        """Meetings given up since the caller last looked."""

    def insert(self, pair: Pair, *, may_drop: bool, limit: int) -> bool:
        """Puts `pair` on the board if a chain through at most `limit` meetings does; says whether."""
        board = self.board
        if board.count[pair[0]] >= board.most[pair[0]]:
            return False
        gain = self.worth[pair] + (self.bonus if board.count[pair[0]] == 0 else 0)
        came_from: dict[Pair, tuple[Pair, int]] = {pair: (NOBODY, -1)}
        queue = deque([pair])
        cheapest, least = NOBODY, gain
        while queue and len(came_from) <= limit:
            this = queue.popleft()
            for slot, ejected in self.steps(this):
                if ejected == NOBODY:
                    if self.follow(this, slot, came_from):
                        return True
                elif ejected not in came_from:
                    came_from[ejected] = (this, slot)
                    queue.append(ejected)
                    loss = self.loss(ejected, pair)
                    if may_drop and loss < least:
                        cheapest, least = ejected, loss
        return cheapest != NOBODY and self.follow(cheapest, -1, came_from)

    def loss(self, ejected: Pair, root: Pair) -> int:
        """What giving up `ejected` costs, when `root` comes in."""
        is_last = self.board.count[ejected[0]] == 1 and ejected[0] != root[0]
        return self.worth[ejected] + (self.bonus if is_last else 0)

    def steps(self, pair: Pair) -> Iterator[tuple[int, Pair]]:
        """Slots that `pair` could take, each with the one meeting that would have to go, or NOBODY."""
        board, (candidate, employer) = self.board, pair
        row, free, locked = board.at[candidate], board.free[employer], board.locked
        old = board.slot_of.get(pair, -1)
        if old >= 0:
            row[old] = -1
        found: list[tuple[int, Pair]] = []
        for slot in range(board.problem.frozen_until, board.problem.n_slots):
            if slot == old or not board.may_sit(candidate, employer, slot):
                continue
            busy_with, is_full = row[slot], free[slot] <= 0
            if busy_with >= 0:
                if not is_full and (candidate, busy_with) not in locked and board.suits_day(candidate, employer, slot):
                    found.append((slot, (candidate, busy_with)))
            elif not board.suits_day(candidate, employer, slot):
                if not is_full:
                    found += [(slot, other) for other in self.in_the_way(pair, slot)]
            elif is_full:
                found += [
                    (slot, (c, employer)) for c in sorted(board.sitting[employer][slot]) if (c, employer) not in locked
                ]
            else:
                found.insert(0, (slot, NOBODY))
        if old >= 0:
            row[old] = employer
        yield from found

    def in_the_way(self, pair: Pair, slot: int) -> Iterator[Pair]:
        """Her meetings before and after `slot` of which one alone forbids one there, by its way or the run."""
        board, (candidate, employer) = self.board, pair
        row = board.at[candidate]
        for beside, is_joined in ((slot - 1, board.before[slot]), (slot + 1, board.before[slot + 1])):
            other = row[beside] if is_joined else -1
            if other >= 0 and (candidate, other) not in board.locked and beside >= board.problem.frozen_until:
                row[beside] = -1
                is_alone = board.suits_day(candidate, employer, slot)
                row[beside] = other
                if is_alone:
                    yield (candidate, other)

    def follow(self, last: Pair, slot: int, came_from: Mapping[Pair, tuple[Pair, int]]) -> bool:
        """Moves along the chain from its end; undoes everything when one step no longer fits."""
        board = self.board
        done: list[tuple[Pair, int, int]] = []
        pair = last
        while pair != NOBODY:
            old = board.take(*pair) if pair in board.slot_of else -1
            done.append((pair, old, slot))
            if slot >= 0:
                if board.free[pair[1]][slot] <= 0 or not board.fits(*pair, slot):
                    done[-1] = (pair, old, -1)
                    self.undo(done)
                    return False
                board.put(*pair, slot)
            pair, slot = came_from[pair]
        if done[0][2] < 0:
            self.dropped.append(last)
        return True

    def undo(self, done: list[tuple[Pair, int, int]]) -> None:
        for pair, _, new in done:
            if new >= 0:
                self.board.take(*pair)
        for pair, old, _ in done:
            if old >= 0:
                self.board.put(*pair, old)
