"""Puts one more meeting into a timetable by moving a few others: shortest chains first.

A meeting that finds its table full or its candidate busy takes the place of the meeting that stands there; that one
looks for another slot, and so on, until one finds a free seat (Kempe, On the Geographical Problem of the Four Colours,
1879, in two slots; here in all of them, as augmenting paths). Where no chain ends in a free seat, one that ends by
giving up a meeting of lower worth will do: the value of the whole only ever rises.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from marketplace.engines.matching.timetable.board import Board, ascending
from marketplace.engines.matching.timetable.rewards import Rewards

Pair = tuple[int, int]

NOBODY: Pair = (-1, -1)


class Chains:
    """Insertions into one board. `worth` is each pair's weight, `rewards` what else a meeting adds."""

    def __init__(self, board: Board, worth: Mapping[Pair, int], rewards: Rewards) -> None:
        self.board, self.worth, self.rewards = board, worth, rewards
        self.dropped: list[Pair] = []
        """Meetings given up since the caller last looked."""

    def insert(self, pair: Pair, *, may_drop: bool, limit: int) -> bool:
        """Puts `pair` on the board if a chain through at most `limit` meetings does; says whether."""
        board = self.board
        if board.count[pair[0]] >= board.most[pair[0]]:
            return False
        gain = self.worth[pair] + self.rewards.next(pair[0], board.count[pair[0]])
        came_from: dict[Pair, tuple[Pair, int]] = {pair: (NOBODY, -1)}
        queue = deque([pair])
        cheapest, least = NOBODY, gain
        while queue and len(came_from) <= limit:
            this = queue.popleft()
            clashes = self.clashes(this, *came_from[this])
            for slot, ejected in self.steps(this):
                if clashes >> slot & 1:
                    continue
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
        remain = self.board.count[ejected[0]] - (ejected[0] != root[0])
        return self.worth[ejected] + self.rewards.next(ejected[0], remain)

    def clashes(self, pair: Pair, other: Pair, taken: int) -> int:
        """Slots that `pair` had better not take since `other`, of the same candidate, takes `taken` right after it."""
        board, candidate = self.board, pair[0]
        if other[0] != candidate:
            return 0
        busy = board.busy[candidate]
        for each in (pair, other):
            if each in board.slot_of:
                busy &= ~(1 << board.slot_of[each])
        found = 1 << taken
        if board.far is not None and board.far[other[1]][pair[1]]:
            found |= board.beside[taken]
        for slot in ascending(board.allowed(*pair) & ~found & ~busy):
            if not board.suiting_run(busy | 1 << slot) >> taken & 1:
                found |= 1 << slot
        return found

    def steps(self, pair: Pair) -> Iterator[tuple[int, Pair]]:
        """Slots that `pair` could take, each with the one meeting that would have to go, or NOBODY: those first."""
        board, (candidate, employer) = self.board, pair
        row, locked, free = board.at[candidate], board.locked, board.open[employer]
        able, busy = board.allowed(candidate, employer), board.busy[candidate]
        old = board.slot_of.get(pair, -1)
        if old >= 0:
            busy ^= 1 << old
            able &= ~(1 << old)
        suits = board.suiting(candidate, employer, busy)
        seats = able & free & suits & ~busy
        while seats:
            slot = seats.bit_length() - 1
            seats ^= 1 << slot
            yield slot, NOBODY
        for slot in ascending(able & ((free & (busy ^ ~suits)) | (suits & ~busy & ~free))):
            bit = 1 << slot
            if busy & bit:
                if (candidate, row[slot]) not in locked:
                    yield slot, (candidate, row[slot])
            elif free & bit:
                for other in self.in_the_way(pair, slot, busy):
                    yield slot, other
            else:
                for other in sorted(board.sitting[employer][slot]):
                    if (other, employer) not in locked:
                        yield slot, (other, employer)

    def in_the_way(self, pair: Pair, slot: int, busy: int) -> Iterator[Pair]:
        """Her meetings before and after `slot` of which one alone forbids one there, by its way or the run."""
        board, (candidate, employer) = self.board, pair
        for beside in ascending(board.beside[slot] & busy & board.to_come):
            other = (candidate, board.at[candidate][beside])
            if other not in board.locked and board.suiting(candidate, employer, busy ^ (1 << beside)) >> slot & 1:
                yield other

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
