# `make run` and `make test` are all that most people need; both prepare .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
# Tests on every core, but never more workers than the machine has memory for.
WORKERS ?= auto

# Compiled modules are kept, whatever the shell says: dozens of processes start from them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: relevance help run demo test test-fast test-journeys test-slow test-beside test-crashes soak kills faults lint types messages lock screenshots clean ready dev

help:
	@grep -hE '^[a-z-]+%?:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ready ## start everything on this machine and print the address; Ctrl-C stops it
	@exec $(BIN)/marketplace up

demo: ready ## fill the demo world again (what is there already stays)
	@exec $(BIN)/marketplace demo

# Two runs: a browser keeps an event loop of its own running, in which other tests can't start theirs.
test: test-fast test-journeys ## the fast tests, and the journeys where a Chromium is found

test-fast: dev
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations 10 -m "not slow and not journey"

test-journeys: dev
	@$(BIN)/python -m pytest -m "journey and not slow"

# Two runs: what has a database of its own can run on every core; crashes and clocks want few neighbours.
test-slow: test-beside test-crashes ## the tests that need minutes: real commits, everybody's access, crashes, random sequences, programs

test-beside: dev
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "slow and beside"

test-crashes: dev
	@$(BIN)/python -m pytest -m "slow and not beside"

soak: dev ## random histories of money until .data/histories.jsonl counts 100,000 steps; goes on where it was stopped
	@exec $(BIN)/python -m tests.escrow.soak $(STEPS)

kills: dev ## kill -9 at every executed line of the money code, into .data/kills.jsonl; goes on where it was stopped
	@exec $(BIN)/python -m tests.faults.kills all $(or $(PART),1/1)

faults: dev ## kills, races and planted faults of the money; the last line counts them
	@$(BIN)/python -m pytest -q -p tests.faults.counting tests/faults tests/escrow tests/contracts -k "faults or race or fifty_at_once or presses_at_once or statement_at_once"

relevance: dev ## how well each engine answers the graded panel (WORST=20 shows the worst answers)
	@exec $(BIN)/python bench/relevance.py

bench-search-million: dev ## search over a million documents (minutes, 2 GB of memory)
	@exec $(BIN)/python bench/search.py 1000000

bench-%: dev ## bench-gigs and its like: one benchmark of bench/, its figures for docs/measured.md
	@exec $(BIN)/python bench/$(subst -,_,$*).py

lint: dev ## style and floors
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo

types: dev ## pyright, strict on src
	@$(BIN)/pyright

screenshots: dev ## pictures of the pages of a running demo (ADDRESS=http://127.0.0.1:8000) into screenshots/
	@exec $(BIN)/python -m tests.screenshots.walk $(or $(ADDRESS),http://127.0.0.1:8000)

messages: dev ## bring locale/*/LC_MESSAGES/messages.po up to date with the words of the code
	@$(BIN)/python deploy/messages.py

lock: ## resolve the dependencies anew (needs uv, npm and a network)
	@$(PYTHON) deploy/lock.py $(OPTIONS)

clean: ## remove what set-up made; the data in .data/ stay
	rm -rf .venv node_modules dist src/marketplace/web/static/vendor .pytest_cache .ruff_cache .hypothesis

ready:
	@$(PYTHON) deploy/bootstrap.py run

dev:
	@$(PYTHON) deploy/bootstrap.py dev
