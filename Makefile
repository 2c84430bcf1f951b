# make demo         install, run the pipeline on the shipped labels, score the sample, write the report
# make check        format, lint, types, layers, dependencies and the fast tests: under a minute
# make test         every check and test that needs no server or browser: what CI runs
# make acceptance   the tests that drive a real browser, server or cluster
# make benchmark    speed, side by side on this machine

PYTHON ?= python3
VENV := .venv
STUDIO := .venv-label-studio
BIN := $(VENV)/bin
SAMPLE := examples/ChatExport_2026-11-24
export MLFLOW_DISABLE_TELEMETRY := true
export DVC_NO_ANALYTICS := true

.PHONY: demo check static test acceptance benchmark clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/rhetoric run
	$(BIN)/rhetoric score "$(SAMPLE)" -o build/sample --model build/model
	$(BIN)/rhetoric report build/sample
	@echo
	@echo "The report:    build/sample/report.html"
	@echo "The metrics:   build/metrics.json; all runs: $(BIN)/mlflow server --backend-store-uri sqlite:///mlflow.db"

check: $(VENV)/.installed-dev static
	$(BIN)/python -m pytest -n 2 --dist loadfile -q -m 'not slow and not acceptance'

test: $(VENV)/.installed-dev static
	$(BIN)/rhetoric labels check
	$(BIN)/python -m pytest -n 2 --dist loadfile

static: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

acceptance: $(VENV)/.installed-acceptance $(STUDIO)/.installed
	$(BIN)/python -m pytest -m acceptance

benchmark: $(VENV)/.installed-benchmark
	$(BIN)/python -m benchmarks.scoring --model build/model
	$(BIN)/python -m benchmarks.scaling

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-acceptance: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --editable '.[dev,acceptance]'
	@touch $@

# Label Studio in a virtual environment of its own: its dependencies do not go with ours.
$(STUDIO)/.installed:
	$(PYTHON) -m venv $(STUDIO)
	$(STUDIO)/bin/python -m pip install --quiet 'label-studio>=1.23,<2'
	@touch $@

$(VENV)/.installed-benchmark: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[benchmark]'
	@touch $@

clean:
	rm -rf $(VENV) $(STUDIO) build runs mlflow.db
