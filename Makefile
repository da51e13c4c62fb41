# Branchpulse: `make demo`, `make test`, `make check`; `make help` lists the rest.
# GNU make 3.81 is enough. Everything is installed by pip into .venv, with hashes.

PY := .venv/bin/python
ARGS ?=
SUITES := fast integration concurrency browser
RUN_SUITE := .ci/suite
MAKE_FONT := $(PY) -m api.reports.files.subset  # the Chinese font of reports, once

.PHONY: help demo test check static soak screenshots bench lock clean \
        check-format check-lint check-types check-order check-tests $(SUITES:%=suite-%)

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1@\2/p' Makefile | tr '@' '\t'

demo: .make/package  ## everything on this machine with a made-up network; ARGS="--branches 50" and so on
	.venv/bin/branchpulse demo $(ARGS)

test: .make/dev .make/browser  ## every suite, and one line that sums them
	@rm -rf .artifacts && mkdir -p .artifacts
	@failed=0; for suite in $(SUITES); do \
	  $(MAKE) --no-print-directory suite-$$suite || failed=1; \
	done; $(PY) tests/report.py .artifacts || failed=1; exit $$failed

suite-fast:
	@sh $(RUN_SUITE) fast -n 2 --dist loadfile --disable-socket tests/unit tests/rules $(ARGS)
suite-integration:
	@sh $(RUN_SUITE) integration -n 3 --dist loadfile tests/integration $(ARGS)
suite-concurrency:
	@sh $(RUN_SUITE) concurrency -n 2 --dist loadfile tests/concurrency $(ARGS)
suite-browser:
	@sh $(RUN_SUITE) browser -n 2 --dist worksteal tests/browser $(ARGS)

static: check-format check-lint check-types check-order  ## format, lint, types, order of the rooms

check: static check-tests  ## the same and the fast tests

check-format: .make/dev
	.venv/bin/ruff format --check .
check-lint: .make/dev
	.venv/bin/ruff check .
check-types: .make/dev
	.venv/bin/mypy -p api -p dashboard -p scheduler -p scoring -m branchpulse
check-order: .make/dev
	.venv/bin/lint-imports --no-logo
check-tests: .make/dev
	$(PY) -m pytest -q -m "not soak" --disable-socket tests/unit tests/rules

soak: .make/dev screenshots  ## the long runs: many crashes, a large history, the crash bench at its stated size, other made-up networks
	$(PY) -m pytest -m soak tests --deselect tests/browser/test_every_page_browser.py $(ARGS)
	.venv/bin/branchpulse bench crash --full
	@failed=0; for seed in 1 2 3; do export BRANCHPULSE_TEST_SEED=$$seed; \
	  $(MAKE) --no-print-directory suite-integration suite-browser || failed=1; \
	done; exit $$failed

screenshots: .make/dev .make/browser  ## every page as each reader, both languages and themes, desk and phone, into docs/screenshots
	@CHROMIUM=$${CHROMIUM:-$$(cat .make/chromium)} BRANCHPULSE_PICTURES=docs/screenshots \
	  $(PY) -m pytest -q -m soak tests/browser/test_every_page_browser.py $(ARGS)

bench: .make/dev .make/browser  ## every bench; ARGS=--full for the stated size
	@failed=0; for name in $$($(PY) -c "from branchpulse import BENCHES; print(*BENCHES)"); do \
	  .venv/bin/branchpulse bench $$name $(ARGS) || failed=1; \
	done; exit $$failed

lock:  ## renew requirements*.lock from pyproject.toml (the only use of uv)
	uv lock --upgrade
	uv export -q --format requirements-txt --no-emit-project --no-header --no-annotate --no-group dev -o requirements.lock
	uv export -q --format requirements-txt --no-emit-project --no-header --no-annotate -o requirements-dev.lock

clean:  ## remove .venv and caches; the data in .branchpulse stays
	rm -rf .venv .make .artifacts api/reports/files/fonts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find api dashboard scheduler scoring migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- stamps: what is done is not done again ----------------------------------------------------

.make/venv: .ci/system
	@mkdir -p .make
	@sh .ci/system runtime
	@test -x .venv/bin/pip || "$$(sh .ci/system python)" -m venv --clear .venv
	@touch $@

.make/runtime: .make/venv requirements.lock
	.venv/bin/pip install --quiet --require-hashes --no-deps -r requirements.lock
	@touch $@

.make/package: .make/runtime pyproject.toml
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	.venv/bin/pip check
	@$(MAKE_FONT)
	@touch $@

.make/dev: .make/venv requirements-dev.lock pyproject.toml
	.venv/bin/pip install --quiet --require-hashes --no-deps -r requirements-dev.lock
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	.venv/bin/pip check
	@$(MAKE_FONT)
	@touch $@

.make/browser: .make/dev
	@sh .ci/system browser > .make/chromium
	@touch $@
