# The front door: `make lab` and `make test` set up what is missing; the rest runs what is there.
# Nothing is needed but Python 3.11, git and make. ARGS is handed on: make verify ARGS="vcl.*"

SHELL := /bin/sh
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& command -v "$$p" && break; done)
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
STAMP := .venv/made-in

# An environment that was copied or moved with its folder still points to the old one.
ifneq "$(shell cat $(STAMP) 2>/dev/null)" "$(CURDIR)"
.PHONY: $(STAMP)
endif

.PHONY: help setup lab test test-all test-oldest mutants verify figures app bench site notebooks pages picture recordings lock

help:
	@echo "make lab      the notebooks, in JupyterLab"
	@echo "make test     the tests: pytest, the notebooks, a real browser"
	@echo "make test-all the tests that it leaves out, such as every explorer in every host"
	@echo "make mutants  changes the code by one token at a time: how many changes a test notices"
	@echo "make verify   every claim's evidence, and the ledger of verdicts"
	@echo "make figures  the documents' figures, reproduced, with findings"
	@echo "make app      the notebooks as pages without code"
	@echo "make site     a static site in build/site"
	@echo "make bench    measurements beside peers"
	@echo "make picture  the README's picture"
	@echo "make recordings  the training runs that the site plays"
	@echo "make setup    the environment alone"

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "normtheory needs Python 3.11 or later, and found none;" \
		"name one with: make setup PYTHON=/path/to/python" >&2; exit 2; }
	@if test -s $@ && test "$$(cat $@)" != "$(CURDIR)"; then rm -rf .venv; fi
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install -c requirements.lock -e ".[all]"
	$(BIN)/python -m ipykernel install --sys-prefix --name python3 --display-name normtheory
	@printf '%s\n' "$(CURDIR)" > $@

lab: setup
	@$(BIN)/python -m normtheory lab $(ARGS)

test: setup
	@$(BIN)/python tests/everything.py

test-all: setup
	@$(BIN)/python tests/everything.py --all

# the mathematics and the losses with the oldest versions that pyproject.toml admits
test-oldest: setup
	$(BIN)/python -m venv --clear build/oldest
	grep -E '^(torch|numba|pytest|hypothesis)==' requirements.lock | cat tests/oldest.txt - > build/oldest.txt
	build/oldest/$(notdir $(BIN))/python -m pip install -q -r build/oldest.txt
	PYTHONPATH=. OMP_NUM_THREADS=1 build/oldest/$(notdir $(BIN))/python -m pytest -q tests/theory tests/nn

# hours: a room, another draw, more mutants: make mutants ARGS="theory --seed 3 --number 100"
mutants: setup
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/mutants.py $(ARGS)

verify: setup
	@$(BIN)/python -m normtheory verify $(ARGS)

figures: setup
	@$(BIN)/python -m normtheory figures $(ARGS)

app: setup
	@$(BIN)/python -m normtheory app $(ARGS)

bench: setup
	@$(BIN)/python -m normtheory bench $(ARGS)

site: setup
	@mkdir -p build
	@$(BIN)/python -m normtheory site build/site $(ARGS)

# after a change of what a notebook shows: run all of them and store what they print
notebooks: setup
	@$(BIN)/python -m normtheory check --store $(or $(ARGS),$(wildcard notebooks/*.ipynb))

# after a change of a claim: all that is written from the ledger, and the notebooks
pages: setup
	@$(BIN)/python -m normtheory verify --summary README.md --errata docs/errata.md \
		--coverage docs/coverage.md --theorems docs/theorems.md --map docs/map.md
	@$(MAKE) notebooks

# the README's picture, of the first page's explorer
picture: setup
	@$(BIN)/python -m normtheory.pages.moving docs/explorer.webp

# after a change of a training run that a notebook shows: what the site plays of it, in minutes
recordings: setup
	@OMP_NUM_THREADS=1 $(BIN)/python -m normtheory.pages.recordings notebooks

# needs uv; torch's own CUDA packages stay out, so that the CPU build needs none of them
lock:
	sed '/^#/!d' requirements.lock > .venv/lock.head
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--quiet --no-header --no-annotate --output-file requirements.lock > /dev/null
	grep -v -E '^(cuda-|nvidia-|triton)' requirements.lock | cat .venv/lock.head - > .venv/lock.new
	mv .venv/lock.new requirements.lock
