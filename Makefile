# Two commands to know: `make demo` shows the whole line at work, `make test` proves it. Both install first, once.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help install demo quick test check format lint types contracts docs lock bench clean

help:  ## what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

install: .venv/.installed  ## create .venv and install the locked dependencies, once

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sojourn needs Python 3.11 or newer: make PYTHON=python3.12 install")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked dependencies into .venv (once, a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install  ## the whole line on a small bank's weekday, in under two minutes
	@$(BIN)/sojourn demo --out results/demo

test: install  ## the whole proof: all tests, file by file on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

quick: install  ## what a change is tried with first: no test that starts processes, simulates for long or takes over a second
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --timeout 30 \
	  -m 'not (statistical or slow or load or command or postgres or browser)'

check: format lint types contracts test  ## format, lint, strict types, import contracts and the tests

format: install
	$(BIN)/ruff format --check .

lint: install
	$(BIN)/ruff check .
	$(BIN)/python -m tests.support.words

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

docs: install  ## write what is generated: the pages of KPIs and of the scenario, and the outputs on all pages (minutes)
	$(BIN)/python -m sim.kpis > docs/kpis.md.new && mv docs/kpis.md.new docs/kpis.md
	$(BIN)/python -m sim.scenario.reference > docs/scenario.md.new && mv docs/scenario.md.new docs/scenario.md
	$(BIN)/python -m sim.report.agent_day docs/agent-day > docs/agent-day/day.svg.new && mv docs/agent-day/day.svg.new docs/agent-day/day.svg
	SOJOURN_DOCS=write $(BIN)/python -m pytest -q tests/docs/test_outputs.py

lock:  ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --all-extras --group dev --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make lock' -o requirements.lock pyproject.toml

bench: install  ## the benchmarks, beside other programs in one run
	$(BIN)/python -m benchmarks

clean:  ## remove .venv, caches and results (baselines stay)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find results -mindepth 1 -maxdepth 1 ! -name baselines ! -name README.md -exec rm -rf {} +
