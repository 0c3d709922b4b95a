# One local command equals CI: `make check test`. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := --disable-pip-version-check --quiet --progress-bar off

.PHONY: help demo test check format build models schemas clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pixlake needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.x"; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes on a slow line) …"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install $(PIP) --require-hashes --requirement requirements/dev.txt
	@$(BIN)/pip install $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv: $(VENV)/.ready  ## set up the virtual environment
