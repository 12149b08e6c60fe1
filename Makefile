# The five commands of xoptweb. `make up` and `make test` need nothing but Python 3.11, make and git.

SHELL = /bin/sh
BIN = .venv/bin
SET := $(shell cat pyproject.toml constraints.txt | cksum | tr ' ' '-')
RUN_SET = .venv/.installed-run-$(SET)
TEST_SET = .venv/.installed-test-$(SET)

.PHONY: up test bench lint clean

up: $(RUN_SET)
	@$(BIN)/python -m xoptweb up

test: $(TEST_SET)
	@$(BIN)/python scripts/run_tests.py $(TESTS)

bench: $(TEST_SET)
	@$(BIN)/python -m bench

lint: $(TEST_SET)
	@sh scripts/lint.sh

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed follows from pyproject.toml and constraints.txt; the stamp carries their sum.
.venv/.installed-run-%:
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh run
	@touch $@

.venv/.installed-test-%:
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh test
	@touch $@ .venv/.installed-run-$*
