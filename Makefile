# Needs python3 (3.11 or newer), pip and make; `make help` lists the targets.

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
SAMPLE ?= 60
SEED   ?= 1
UV     ?= uv

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP   := $(BIN)/python -m pip --disable-pip-version-check -qq
CODE  := $(wildcard abm tests experiments benchmarks docs scripts)

export MPLBACKEND ?= Agg

.DEFAULT_GOAL := help
.PHONY: help setup run test lint pytest interpreted format results architecture docs links dist bench mutants lock clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s  %s\n", $$1, $$2 }'
	@echo
	@echo "Another Python: make test VENV=.venv-3.13 PYTHON=python3.13"

setup: $(STAMP) ## Make .venv and install the locked packages and abm into it

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("abm needs Python 3.11 or newer; name one: make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || { echo "Making $(VENV) (a minute or two)"; $(PYTHON) -m venv $(VENV); }
	@$(PIP) install --progress-bar off --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## Simulate the shipped round 20,000 times into results/run
	$(BIN)/abm run openai-2025 --seed 1 --out results/run

test: lint pytest ## Run every check: style, types, imports and tests

lint: setup ## Check style, types and imports
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy abm
	$(BIN)/lint-imports --no-logo

pytest: setup ## Run the tests only
	$(BIN)/pytest -n $(JOBS) --dist worksteal $(ONLY)

interpreted: setup ## Run the tests of closing, paying and drawing without the compiler
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -n $(JOBS) tests/test_closing.py tests/test_settlement.py tests/test_draws.py

format: setup ## Put the code into the one style
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

results: setup ## Rerun every experiment: experiments/e*.py
	@set -e; for experiment in $(sort $(wildcard experiments/e*.py)); do \
		echo "$$experiment"; $(BIN)/python "$$experiment"; \
	done

architecture: setup ## Draw docs/architecture.svg from the code
	$(BIN)/python docs/architecture.py

docs: setup ## Build the documentation site into build/docs, without the network
	$(BIN)/python -m docs.website

links: setup ## Ask the pages of others that the documents link to whether they are there (needs the network)
	$(BIN)/python -m docs.website --builder linkcheck

dist: setup ## Build sdist and wheel into dist/, and try the wheel in an empty environment (needs the network)
	$(BIN)/python scripts/dist.py

bench: setup ## Measure how fast abm is, side by side (six minutes)
	$(BIN)/python -m benchmarks

mutants: setup ## Plant small faults and see which the tests miss (SAMPLE=60 SEED=1 FILE=rules/)
	$(BIN)/python -m benchmarks.mutants --sample $(SAMPLE) --seed $(SEED) --jobs $(JOBS) $(if $(FILE),--file $(FILE))

lock: ## Renew requirements.lock (needs uv; LOCK=--upgrade takes the newest versions)
	$(UV) pip compile $(LOCK) --quiet --universal --python-version 3.11 --extra test --extra docs \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements.lock

clean: ## Remove .venv, caches and what `make run` wrote
	rm -rf $(VENV) results/run build dist *.egg-info .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find abm tests experiments benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
