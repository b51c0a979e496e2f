# One place for every job of a developer. `make demo` and `make test` are all that a fresh machine
# needs; without make (Windows) see CONTRIBUTING.md.

VENV ?= .venv
FOLDER ?= demo
BIN := $(VENV)/bin

# The first Python that is new enough; name another with: make demo PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)

.DEFAULT_GOAL := help
.PHONY: help demo test check crash format lint types docs bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort

# -- installing, once: the stamps are older than pyproject.toml when something must be done -------

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found; name one: make PYTHON=/path/to/python" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=/path/to/python" >&2; exit 2; }
	"$(PYTHON)" -m venv "$(VENV)"

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developing: pyproject.toml $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[databases]' --group dev
	@touch $@

# -- the jobs --------------------------------------------------------------------------------------

demo: $(VENV)/.installed  ## install, then migrate the bundled company into FOLDER (default: demo)
	$(BIN)/crm-migrate demo "$(FOLDER)"

test: $(VENV)/.developing  ## the whole suite, on two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.developing  ## format, lint, types and import rules, without the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test  ## what CI runs: lint, then test

crash: $(VENV)/.developing  ## kill the loader at 200 instants for each target (long)
	CRM_MIGRATE_CRASHES=200 $(BIN)/python -m pytest tests/crash

format: $(VENV)/.developing  ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.installed  ## write docs/reference from the code
	$(BIN)/python -m docs.generate

bench: $(VENV)/.developing  ## the measurements in benchmarks/ (long; never part of the tests)
	$(BIN)/python benchmarks/migrate_contacts.py

clean:  ## remove what the jobs leave behind, the demonstration and the environment included
	rm -rf "$(VENV)" "$(FOLDER)" .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache \
		build dist *.egg-info benchmarks/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
