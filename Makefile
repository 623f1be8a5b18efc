# Targets with a ## are listed by `make help`.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests of one file share servers and data, so a file is one worker's; the order is that of tests/conftest.py.
PYTEST := pytest --numprocesses $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder
# Telemetry of the tools is off unless you ask for it.
export DO_NOT_TRACK ?= true
export MLFLOW_DISABLE_TELEMETRY ?= true
export GX_ANALYTICS_ENABLED ?= false
export DVC_NO_ANALYTICS ?= true

unexport PYTHONDONTWRITEBYTECODE  # else each stage compiles anew whatever it imports

.PHONY: .base .candidate help setup run test test-all test-changed coverage check format data model gate promote decided report monitor rollback ui story bench lock canary

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: setup  ## set up, run the pipeline, say what came of it
	dvc repro
	@pipeline status

test: setup  ## tests without the long scenarios
	$(PYTEST) -m "not slow and not changed"

test-all: setup  ## every test, kills and races included
	$(PYTEST) -m "not changed"

test-changed: setup  ## the tests in copies with another number and another problem: long
	pytest -m changed

coverage: setup  ## branch coverage, copies of the project included
	$(PYTEST) --cov --cov-report=term -m "not slow and not changed"

check: setup  ## lint, types, format, workflows
	ruff check
	ruff format --check
	mypy
	zizmor --quiet --offline --pedantic .github
	check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	check-jsonschema --quiet --builtin-schema vendor.gitlab-ci .gitlab-ci.yml

format: setup  ## rewrite the code in the project's format
	ruff check --fix
	ruff format

# What CI runs, a job each; `pull` and `push` do nothing without a DVC remote.
pull = if dvc remote list | grep -q .; then dvc pull --quiet --run-cache --allow-missing || echo "not pulled: computed here"; fi
base = if [ -n "$$BASE" ]; then pipeline champion-from "$$BASE"; fi
push = if dvc remote list | grep -q .; then dvc push --quiet --run-cache; fi

data: setup  ## take the delivery in, up to AS_OF=DAY if given, and hold it against its contract
	@$(pull)
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

gate: setup  ## fail unless the verdict is promote, or the model is the champion itself
	@pipeline gate $${GITHUB_OUTPUT:+--output "$$GITHUB_OUTPUT"}

promote: setup  ## promote what was evaluated, and nothing else
	dvc checkout --quiet
	pipeline gate
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
	python -m benchmarks

canary:  ## set up without the lock, to hear of packages that broke before users do
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch .venv/installed

lock: setup  ## choose new versions within pyproject.toml
	uv pip compile --quiet --upgrade pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock

setup: .venv/installed

# An interrupted set-up starts afresh: the stamp comes last. pip takes over where uv cannot reach the index.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version 2>&1). Try make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 64; }
	@echo "setting up .venv from requirements.lock" >&2
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock || \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
