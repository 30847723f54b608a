"""The timetable of a fair: who meets whom at which table in which slot. Pure: arrays in, arrays out.

    problem.py      Problem, Plan: what is asked and what is answered
    planner.py      solve(problem, seconds=…, progress=…) -> Plan, with a proven bound
    reseating.py    Reseating: a plan made better, a flow at a time
    checker.py      check(problem, meetings) -> violations; shares no code with the planner
    reporting.py    report(problem, plan) -> who is left out and why, wishes, blocking pairs, groups, advice
    replanning.py   replan(problem, meetings, now=…, events=…) -> Diff: kept, moved, new, cancelled
    baselines.py    greedy, first come, deferred acceptance: what the planner is compared with
    exchange.py     a problem or plan as JSON, so that anybody can make the plan again

Candidates, employers and slots are numbers from 0; whoever calls keeps the list that says who number 7 is. Nothing
here reads a clock to decide anything, draws unseeded lots or knows a database. Call `solve` in a child process (it
needs seconds and loads OR-tools); `check`, `report` without advice and `replan` take milliseconds and load numpy
only. How it works and what it guarantees: docs/fairs-timetable.md.
"""
