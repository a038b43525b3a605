# One command each; `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
SEED   ?= 0
DEMO_ARGS ?=

# pip writes a stamp when it is through, so that nothing is installed twice and a broken
# installation is taken up again.
READY     := $(VENV)/.installed
READY_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test test-all benchmarks mutants soak clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

install: $(READY_DEV)  ## make .venv with everything, test tools included

demo: $(READY)  ## run a small experiment on the built-in scenes, then serve the dashboard
	$(BIN)/workbench demo $(DEMO_ARGS)

test: $(READY_DEV)  ## linters, types, import contracts and every test but the slow ones
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

test-all: test  ## the slow tests and, where there is a device, the GPU tests too
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "slow or gpu"

benchmarks: $(READY_DEV)  ## measure the fast paths against their naive forms
	for file in $(filter-out benchmarks/mutants.py benchmarks/learners.py benchmarks/papers.py,$(wildcard benchmarks/*.py)); do $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

mutants: $(READY_DEV)  ## change 60 operators and numbers, one at a time: do the tests notice? (half an hour)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.mutants --number 60 --seed $(SEED) --jobs $(JOBS)

soak: $(READY_DEV)  ## let 20 simulated browsers look at a growing store for an hour
	$(BIN)/python -m benchmarks.soak --browsers 20 --minutes 60

clean:  ## remove the environment and every cache; experiments in runs/ stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .mutants_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  found=$$($(PYTHON) --version 2>/dev/null || echo "not there"); \
	  echo "Python 3.11 or newer is wanted; $(PYTHON) is $$found. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV); the first time brings PyTorch and takes some minutes."
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

$(READY_DEV): pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV); the first time brings PyTorch and takes some minutes."
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev]'
	@touch $(READY) $@
