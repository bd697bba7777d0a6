# `make help` lists what there is. Everything is set up by itself, in .venv and .local/tools.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo run test coverage check format package mails bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements.txt requirements-dev.txt devstack/python_version.py
	@$(PYTHON) devstack/python_version.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.local/tools/.ready: devstack/requirements.txt devstack/python_version.py
	@$(PYTHON) devstack/python_version.py
	$(PYTHON) -m venv .local/tools
	.local/tools/bin/python -m pip install --quiet --disable-pip-version-check -r devstack/requirements.txt
	@touch $@

setup: .venv/.ready .local/tools/.ready ## install what the project needs (the other targets do it by themselves)

demo: setup ## boot the local stack, deploy the package, play the whole story, stop
	$(BIN)/python -m devstack demo

run: setup ## the same stack, stays up until Ctrl-C
	$(BIN)/python -m devstack run

test: setup ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

coverage: setup ## the same with branch coverage, which takes twice as long; fails under 95 %
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov

check: setup ## format, lint, types, import contracts, template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m devstack.package --target local
	.local/tools/bin/cfn-lint --template build/local/out/template.json

format: setup ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

package: setup ## build the package for AWS Lambda (ARCHITECTURE=x86_64 or arm64)
	$(BIN)/python -m devstack.package --target lambda --architecture $(or $(ARCHITECTURE),x86_64)
	.local/tools/bin/cfn-lint --template build/lambda-$(or $(ARCHITECTURE),x86_64)/out/template.json

mails: setup ## render every mail to docs/mails as a picture (needs a Chromium)
	$(BIN)/python -m devstack.mails

bench: setup ## measure, as ratios and counts
	$(BIN)/python -m bench

clean: ## remove everything that can be built again
	rm -rf .venv .local build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
