# `make help` lists what there is. Everything is set up by itself, in .venv and .local/tools.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo run test coverage test-zuora-sdk check format package deploy mails docs bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements.txt requirements-desk.txt requirements-dev.txt devstack/python_version.py
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

.local/zuora-sdk/.ready: tests/sdk/requirements.txt
	$(PYTHON) -m venv .local/zuora-sdk
	.local/zuora-sdk/bin/python -m pip install --quiet --disable-pip-version-check -r tests/sdk/requirements.txt
	@touch $@

test-zuora-sdk: .local/zuora-sdk/.ready ## have Zuora's own package speak to the fake (its own environment)
	.local/zuora-sdk/bin/python -m tests.sdk

test: setup ## run all tests
	$(BIN)/python -m pytest -n 3 --dist loadscope

coverage: setup ## the same with branch coverage, which takes twice as long; fails under 95 %
	$(BIN)/python -m pytest -n 3 --dist loadscope --cov

check: setup ## format, lint, types, import contracts, template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m devstack.package --target local
	.local/tools/bin/cfn-lint --template build/local/out/template.json

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

package: setup ## build the package for AWS Lambda (ARCHITECTURE=x86_64 or arm64)
	$(BIN)/python -m devstack.package --target lambda --architecture $(or $(ARCHITECTURE),x86_64)
	.local/tools/bin/cfn-lint --template build/lambda-$(or $(ARCHITECTURE),x86_64)/out/template.json

deploy: package ## deploy to AWS: STACK, BUCKET and PARAMETERS (a copy of deploy/production.example.json)
	aws cloudformation package --template-file build/lambda-$(or $(ARCHITECTURE),x86_64)/out/template.json \
	    --s3-bucket $(BUCKET) --use-json --output-template-file build/deploy.json
	$(BIN)/python -m devstack.parameters $(PARAMETERS) | xargs -0 \
	    aws cloudformation deploy --template-file build/deploy.json --stack-name $(STACK) --s3-bucket $(BUCKET) \
	    --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameter-overrides
	aws cloudformation set-stack-policy --stack-name $(STACK) --stack-policy-body file://deploy/stack-policy.json

mails: setup ## render every mail to docs/mails as a picture (needs a Chromium)
	$(BIN)/python -m devstack.mails

docs: setup ## print what the code says into docs/: API, events, table of proofs
	$(BIN)/python -m devstack.openapi
	$(BIN)/python -m devstack.event_docs
	$(BIN)/python -m devstack.verification_docs

bench: setup ## measure, as ratios and counts (a quarter of an hour: it files 100,000 customers)
	$(BIN)/python -m bench

clean: ## remove everything that can be built again
	rm -rf .venv .local build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
