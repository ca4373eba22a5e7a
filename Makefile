# The verbs of the project. Everything lives in .venv and data/; see README.md.
PYTHON ?= python3
PY := .venv/bin/python
BIN := .venv/bin
JOBS ?= 2
SOURCES := src tests bench tools
.DEFAULT_GOAL := help
.PHONY: help demo up setup predict dev test check types fmt bench docs lock clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: setup ## Run Trellis with a demo company inside; Ctrl-C stops it
	@exec $(PY) -P -m trellis.cli.main demo --own-terminal

up: setup ## Run Trellis on data/; Ctrl-C stops it
	@exec $(PY) -P -m trellis.cli.main up --own-terminal

setup: ## Make .venv with what Trellis needs to run
	@$(PYTHON) tools/environment.py runtime

predict: ## Add what learns which leads are won (scikit-learn) to .venv
	@$(PYTHON) tools/environment.py predict

dev: ## Make .venv with what checking and testing need, too
	@$(PYTHON) tools/environment.py dev

test: dev ## Run all tests; gets Chromium where there is none
	@$(PY) tools/browser.py
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile $(ARGS)

check: dev ## Format, lint, types, contracts, migrations, tests without a database
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	PYTHONPATH=src:. $(PY) -m django makemigrations --check --dry-run --settings tests.offline
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m fast

types: dev ## Check types
	$(BIN)/mypy

fmt: dev ## Format the code
	$(BIN)/ruff check --fix -q $(SOURCES)
	$(BIN)/ruff format -q $(SOURCES)

bench: dev ## Run every benchmark on little data; NAME=pipeline runs one in full
	@for name in $(or $(NAME),$$($(PY) -c "from bench.__main__ import names; print(*names())")); \
	do $(PY) -m bench $$name $(if $(NAME),,--small) || exit 1; done

docs: dev ## Write docs/reference/ from the code
	PYTHONPATH=src:. $(PY) -m tools.reference

lock: dev ## Pin what is installed into requirements/*.txt
	$(PY) tools/lock.py

clean: ## Remove .venv and caches; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
