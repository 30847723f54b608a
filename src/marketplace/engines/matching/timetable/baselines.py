"""What the planner is compared with, and what "stable" starts from: simple ways to fill a fair."""

from collections import defaultdict

import numpy as np

from marketplace.engines.matching.timetable.board import Board
from marketplace.engines.matching.timetable.problem import Problem

Pair = tuple[int, int]


def greedy(problem: Problem) -> Board:
    """The heaviest pair first, each into its first slot that is free."""
    board = Board(problem)
    for at in np.lexsort((np.array(lots(problem)), -problem.weight)).tolist():
        book(board, int(problem.candidate[at]), int(problem.employer[at]))
    return board


def first_come(problem: Problem) -> Board:
    """Self-service booking: candidates come in the order of the lot; each takes all she may have, best wish first."""
    board = Board(problem)
    wishes = by_candidate(problem)
    for candidate in np.random.default_rng(problem.seed).permutation(problem.n_candidates).tolist():
        for employer in wishes[candidate]:
            book(board, candidate, employer)
    return board


def deferred_acceptance(problem: Problem) -> Board:
    """Who would meet whom if time were no matter, then slots for them, heaviest first.

    Candidates propose to as many employers as they may meet, employers keep the best up to their seats (Gale, Shapley,
    College admissions and the stability of marriage, 1962; many to many: Roth, Stability and polarization of
    interests in job matching, 1984).
    """
    board = Board(problem)
    employers = employer_likes(problem)
    weight = {pair: int(w) for pair, w in zip(pairs(problem), problem.weight.tolist(), strict=True)}
    for candidate, employer in sorted(stable_pairs(problem), key=lambda pair: (-weight[pair], employers[pair])):
        book(board, candidate, employer)
    return board


def stable_pairs(problem: Problem) -> list[Pair]:
    """No two who are not paired here would both rather be, if time were no matter."""
    return sorted(propose(problem, by_candidate(problem), employer_likes(problem)))


def propose(problem: Problem, wishes: dict[int, list[int]], likes: dict[Pair, tuple[int, int]]) -> set[Pair]:
    """The stable set of pairs; seats of an employer are all its tables in all slots."""
    seats = problem.tables.sum(axis=1).tolist()
    room = problem.most.tolist()
    following = dict.fromkeys(wishes, 0)
    held: dict[int, set[int]] = defaultdict(set)
    asks = [candidate for candidate in wishes if room[candidate] > 0]
    while asks:
        candidate = asks.pop()
        while room[candidate] > 0 and following[candidate] < len(wishes[candidate]):
            employer = wishes[candidate][following[candidate]]
            following[candidate] += 1
            held[employer].add(candidate)
            room[candidate] -= 1
            if len(held[employer]) > seats[employer]:
                refused = max(held[employer], key=lambda other, e=employer: likes[other, e])
                held[employer].remove(refused)
                room[refused] += 1
                if refused != candidate:
                    asks.append(refused)
    return {(candidate, employer) for employer, people in held.items() for candidate in people}


def book(board: Board, candidate: int, employer: int) -> None:
    """Into the pair's first free slot, if there is one and she may have more."""
    if (candidate, employer) in board.slot_of or board.count[candidate] >= board.most[candidate]:
        return
    for slot in board.openings(candidate, employer):
        board.put(candidate, employer, slot)
        return


def pairs(problem: Problem) -> list[Pair]:
    return list(zip(problem.candidate.tolist(), problem.employer.tolist(), strict=True))


def lots(problem: Problem) -> list[int]:
    return np.random.default_rng(problem.seed).permutation(len(problem.candidate)).tolist()


def by_candidate(problem: Problem) -> dict[int, list[int]]:
    """Employers of each candidate, her first wish first; by weight where she ranked none."""
    ranks = problem.candidate_rank
    likes = liking(problem, None if ranks is None else ranks.tolist())
    found: dict[int, list[int]] = {candidate: [] for candidate in range(problem.n_candidates)}
    for candidate, employer in sorted(pairs(problem), key=lambda pair: likes[pair]):
        found[candidate].append(employer)
    return found


def employer_likes(problem: Problem) -> dict[Pair, tuple[int, int]]:
    """How much the employer wants each pair: less is more."""
    ranks = problem.employer_rank
    return liking(problem, None if ranks is None else ranks.tolist())


def liking(problem: Problem, ranks: list[int] | None) -> dict[Pair, tuple[int, int]]:
    unranked = 2**31
    keys = [-w for w in problem.weight.tolist()] if ranks is None else [rank or unranked for rank in ranks]
    return {pair: (key, lot) for pair, key, lot in zip(pairs(problem), keys, lots(problem), strict=True)}
