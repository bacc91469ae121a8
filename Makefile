# Each target installs what it needs first, into .venv. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --compile-bytecode
STAMPS := .make
# The tests of one file share kernels and servers, so a file is never torn apart.
PARALLEL := --numprocesses 2 --dist loadfile
FRONT_END := $(shell find labextension/src labextension/schema labextension/style -type f 2>/dev/null) package.json package-lock.json tsconfig.json
BACK_END := pyproject.toml constraints.txt $(shell find jupyter-config -type f)

export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
# scikit-learn's threads spin while they wait for a core, which on two cores costs more than it gains.
export OMP_WAIT_POLICY := PASSIVE

.DEFAULT_GOAL := help
.PHONY: help install demo lab check check-types check-units check-style test test-python test-browser test-exports bench wire format constraints clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cellmill needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Making an environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/node_modules: package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Cellmill needs Node 20 or newer to be built"; exit 1; }
	@echo "Installing what the lab extension is built with"
	@npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/lab: $(STAMPS)/venv $(STAMPS)/node_modules $(FRONT_END)
	@echo "Building the lab extension"
	@$(PIP) jupyter-builder jupyterlab
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build:prod > $(STAMPS)/lab.log 2>&1 || { cat $(STAMPS)/lab.log; exit 1; }
	@touch $@

# Editable, so that tests and tour run what stands in src/; the wheel itself has a test of its own.
# The lab extension is built above: the build hook would install its npm packages a second time.
$(STAMPS)/install: $(STAMPS)/lab $(BACK_END)
	@echo "Installing Cellmill"
	@HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(PIP) --reinstall-package cellmill --editable '.[tour]'
	@touch $@

# torch by pip, which takes a CPU build where one is offered; uv then finds it there.
$(STAMPS)/dev: $(STAMPS)/install
	@echo "Installing what Cellmill is tested with"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(PIP) --editable '.[dev]'
	@touch $@

install: $(STAMPS)/install ## Make .venv, build Cellmill and install it there

demo: install ## Run the tour headlessly on the embedded defaults
	@$(BIN)/python notebooks/demo.py

lab: install ## Open JupyterLab on the tour
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_flight_delays.ipynb

check: $(STAMPS)/dev ## Style, types, layers and unit tests
	@$(MAKE) --no-print-directory --jobs 2 check-types check-units check-style

check-types: $(STAMPS)/dev
	$(BIN)/mypy

check-units: $(STAMPS)/dev
	$(BIN)/pytest -q tests/unit tests/shape

check-style: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	npm run --silent lint
	npm run --silent types
	npm run --silent test

test: check test-python test-browser ## Everything, browser tests included

test-python: $(STAMPS)/dev ## Contract, kernel, server, notebook and packaging tests
	$(BIN)/pytest -q $(PARALLEL) tests --ignore tests/unit --ignore tests/shape --ignore tests/ui --ignore tests/exports

test-browser: $(STAMPS)/dev ## A real JupyterLab in a real browser
	$(BIN)/python tests/ui/browser.py
	$(BIN)/pytest -q tests/ui

test-exports: $(STAMPS)/dev $(STAMPS)/with-airflow $(STAMPS)/with-kfp ## Exported pipelines, by what they are exported to
	$(BIN)/pytest -q $(PARALLEL) tests/exports

# Airflow and Kubeflow pin what others need in other versions, so each has an environment of its own.
$(STAMPS)/with-%: tests/exports/%.txt pyproject.toml $(STAMPS)/venv
	@echo "Making an environment in .venv-$*"
	@rm -rf .venv-$*
	@$(BIN)/uv venv --quiet --python $(BIN)/python .venv-$*
	@$(BIN)/uv pip install --quiet --python .venv-$*/bin/python --requirement $<
	@HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(BIN)/uv pip install --quiet --python .venv-$*/bin/python --no-deps --editable .
	@mkdir -p $(STAMPS) && touch $@

bench: $(STAMPS)/dev ## Figures beside their peers; writes benchmarks/latest.json
	$(BIN)/python -m benchmarks

wire: $(STAMPS)/dev ## Make the TypeScript wire types anew from the pydantic ones
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent wire

format: $(STAMPS)/dev ## Format and fix what can be
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npm run --silent format

constraints: $(STAMPS)/venv ## Resolve every version anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-header --no-annotate \
	  --extra dev pyproject.toml --output-file constraints.txt
	for name in airflow kfp; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-header --no-annotate \
	    tests/exports/$$name.in --output-file tests/exports/$$name.txt || exit 1; \
	done

clean: ## Remove the environment and everything built
	rm -rf $(VENV) .venv-airflow .venv-kfp $(STAMPS) node_modules labextension/lib src/cellmill/labextension dist build test-results
