# Everything runs in .venv, made from the hash-locked requirements; the first call of a target
# sets up what it needs. GNU make 3.81 (macOS) must understand this file.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV_VERSION := 0.13.9

# Without bytecode each server that a test starts compiles all of ours anew.
unexport PYTHONDONTWRITEBYTECODE

# Django's commands in `check` need a place for data; it is not the user's own.
DJANGO := LOGWATCHER_DATA=build/check $(BIN)/python -W error -m django
LOCK := .lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --fork-strategy fewest --custom-compile-command "make lock" \
	$(if $(UPGRADE),--upgrade)

# Tests wait more than they work, so several processes share them; ARGS run in one.
PYTEST = $(BIN)/pytest $(or $(ARGS),--numprocesses $(1) --dist worksteal)

.PHONY: help
help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "make %-14s %s\n", $$1, $$2 }'

.PHONY: demo
demo: $(VENV)/run.stamp ## the page on mock traffic; ARGS="--port 9000 --open" and the like
	@$(BIN)/python frontend/build.py
	@$(BIN)/logwatcher demo $(ARGS)

.PHONY: build
build: $(VENV)/run.stamp ## make the page's bundle
	$(BIN)/python frontend/build.py

.PHONY: test
test: test-js test-sqlite test-postgres test-browser ## run every test

.PHONY: test-js
test-js: $(VENV)/dev.stamp ## JavaScript alone
	$(BIN)/python frontend/build.py test

.PHONY: test-sqlite
test-sqlite: $(VENV)/dev.stamp ## Python on SQLite; ARGS="-k tail" and the like
	$(BIN)/python frontend/build.py
	$(call PYTEST,4) -m "not browser"

.PHONY: test-postgres
test-postgres: $(VENV)/dev.stamp ## Python on a PostgreSQL started for it
	$(BIN)/python frontend/build.py
	$(call PYTEST,4) -m "not browser" --database postgres

.PHONY: test-browser
test-browser: $(VENV)/dev.stamp ## a real browser on a real server
	$(BIN)/python frontend/build.py dev
	$(call PYTEST,2) -m browser

.PHONY: fuzz
fuzz: $(VENV)/fuzz.stamp ## random input for all that reads; SECONDS=60 each, TARGETS="route payload"
	$(BIN)/python -m tests.fuzz $(or $(SECONDS),60) $(TARGETS)

.PHONY: bench
bench: $(VENV)/dev.stamp .bench-venv/stamp ## beside others; SCALE=0.01, ONLY="stream page"
	$(BIN)/python frontend/build.py
	$(BIN)/python -m benchmarks --scale $(or $(SCALE),1) $(ONLY)

.PHONY: soak
soak: $(VENV)/dev.stamp ## an hour under load, then a recount; MINUTES=10
	$(BIN)/python frontend/build.py
	$(BIN)/python -m benchmarks.soak $(or $(MINUTES),60)

.PHONY: audit
audit: $(VENV)/run.stamp .audit-venv/stamp ## look for known vulnerabilities; 1: found, 3: could not be asked
	@$(BIN)/python requirements/audit.py

.PHONY: check
check: lint types imports migrations deploy cloudformation test ## all that CI runs

.PHONY: lint
lint: $(VENV)/dev.stamp ## format and lint, changing nothing
	$(BIN)/ruff format --check
	$(BIN)/ruff check

.PHONY: types
types: $(VENV)/dev.stamp ## mypy
	LOGWATCHER_DATA=build/check $(BIN)/mypy

.PHONY: imports
imports: $(VENV)/dev.stamp ## who may import whom
	$(BIN)/lint-imports --no-logo

.PHONY: migrations
migrations: $(VENV)/dev.stamp ## fail if a migration is missing
	$(DJANGO) makemigrations --check --dry-run --settings logwatcher.settings

.PHONY: deploy
deploy: $(VENV)/dev.stamp ## Django's check of the settings for production
	$(DJANGO) check --deploy --fail-level WARNING --settings logwatcher.settings

.PHONY: cloudformation
cloudformation: .aws-venv/stamp ## check the template for AWS
	.aws-venv/bin/cfn-lint --include-checks I --non-zero-exit-code informational deploy/aws/logwatcher.yaml

.PHONY: format
format: $(VENV)/dev.stamp ## format, and mend what lint can mend
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

.PHONY: screenshot
screenshot: $(VENV)/dev.stamp ## take the README's pictures of the real page
	$(BIN)/python frontend/build.py
	$(BIN)/python -m docs.screenshot

.PHONY: lock
lock: $(VENV)/run.stamp ## write the locks anew; UPGRADE=1 takes newer versions
	$(BIN)/python -m venv .lock-venv
	.lock-venv/bin/pip --disable-pip-version-check --quiet install uv==$(UV_VERSION)
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) --group build -c requirements/run.txt -o requirements/build.txt
	$(LOCK) pyproject.toml --group build --group dev \
		-c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt
	$(LOCK) --group fuzz -o requirements/fuzz.txt
	$(LOCK) --group audit -o requirements/audit.txt
	$(LOCK) --group aws -o requirements/aws.txt
	$(LOCK) --group bench -c requirements/run.txt -c requirements/dev.txt -o requirements/bench.txt
	$(BIN)/python frontend/build.py lock

.PHONY: clean
clean: ## remove everything made, but no data
	rm -rf $(VENV) .audit-venv .aws-venv .bench-venv .lock-venv build dist frontend/node_modules src/logwatcher/web/static/logwatcher
	rm -rf frontend/.made-from .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# PYTHON=/path/to/python chooses another one.
$(BIN)/python:
	@for python in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Setting up $(VENV), once ..."; \
			"$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 2; }; exit; \
		fi; \
	done; \
	echo "logwatcher needs Python 3.11 or newer; with another one: make PYTHON=/path/to/python" >&2; \
	exit 2

LOCKED := pyproject.toml requirements/run.txt requirements/build.txt

$(VENV)/run.stamp: $(LOCKED) | $(BIN)/python
	@echo "Installing what requirements/run.txt and build.txt list ..."
	@$(PIP) install --no-deps --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what requirements/dev.txt lists ..."
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/fuzz.stamp: requirements/fuzz.txt $(VENV)/dev.stamp
	@$(PIP) install --no-deps --require-hashes --only-binary :all: -r requirements/fuzz.txt || { \
		echo "No wheel of atheris for this Python on this platform; there is one for Linux on x86-64." >&2; \
		exit 2; }
	@touch $@

# Tools that stand apart from what is ours: peers to measure, an audit, a linter with sympy in it.
.%-venv/stamp: requirements/%.txt | $(BIN)/python
	@echo "Installing what $< lists ..."
	@$(BIN)/python -m venv $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@touch $@
