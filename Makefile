# The verbs of the project. Everything lives in .venv; nothing else is installed.
PY := .venv/bin/python
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help check fmt types test

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

fmt: ## Format the code
	$(BIN)/ruff check --fix -q src tests bench
	$(BIN)/ruff format -q src tests bench

types: ## Check types
	$(BIN)/mypy

check: ## Format, lint, types, contracts, migrations
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	PYTHONPATH=src:. $(PY) -m django makemigrations --check --dry-run --settings tests.offline

test: ## Run all tests
	$(BIN)/pytest -q
