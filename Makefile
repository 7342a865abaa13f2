# The two commands are `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help env run test checked gathered lint types bench bench-large mutants soak screenshots docs lock clean

BIN := .venv/bin
# Compiled modules are kept, whatever the shell says: tests start many processes, and each would compile all of them anew.
export PYTHONDONTWRITEBYTECODE :=

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: ## build .venv with everything, tools included
	@tools/build-env run
	@tools/build-env dev

run: ## build what is missing, load the demo court into ./var, serve it and print the address
	@tools/build-env run
	@$(BIN)/songda demo

test: env ## install what the tests need, then run every check and test
	@tools/prepare-tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target checked gathered
	$(BIN)/pytest -n 4 --dist worksteal

checked: lint types

gathered: env # finds every test, and compiles what the workers would each compile for themselves
	@found=$$($(BIN)/pytest --collect-only -qq 2>&1) || { echo "$$found"; exit 1; }

lint: env ## style, formatting, layers and declared dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/deptry .

types: env ## mypy, strict
	$(BIN)/mypy

bench: env ## the speed of intake, tasks, import and the law, as ratios against limits of the same run
	@for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench" || exit 1; done

bench-large: env ## the same with far more rows: 20,000 open orders, a million stored callbacks
	@$(BIN)/python benchmarks/bench_growth.py --large
	@$(BIN)/python benchmarks/bench_callbacks.py --large

soak: env ## the full sizes: 500 simulated orders on both engines, ten seeds of each policy, twenty deaths of processes, 500 with faults
	@tools/prepare-tests
	$(BIN)/python tools/soak.py

mutants: env ## how many seeded faults in the law engine its tests find
	$(BIN)/python tools/mutants.py --sample 1000 --seed 7

screenshots: env ## pictures of every page, wide and narrow, in both languages, into ./screenshots
	@tools/prepare-tests
	$(BIN)/python tools/screenshots
	$(BIN)/python tools/screenshots-of-links
	$(BIN)/python tools/screenshots-of-field

docs: env ## write the generated pages of docs/ anew
	@for writer in tools/write_*.py; do $(BIN)/python "$$writer" || exit 1; done

lock: ## compile the locks anew from pyproject.toml and the .in files
	@tools/compile-locks

clean: ## remove .venv and caches; ./var stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis .coverage htmlcov build ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
