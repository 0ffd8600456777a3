# What people and CI type. Each target makes the virtual environment that it needs.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

# Beam's workers start plain `python`: it has to be this one.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help demo stream-demo test check gate bench

help:
	@echo "make demo         show what Newsbeam does, on 20,000 made-up events"
	@echo "make stream-demo  show a stream that is killed, goes on, and has lost nothing"
	@echo "make test         run every test"
	@echo "make check        ruff, its formatting, mypy"
	@echo "make gate         quality, on ../shared/data where that is, held to its floors"
	@echo "make bench        speed and memory, beside peers; wants a machine that does nothing else"

demo: $(READY)
	./demo.sh

stream-demo: $(READY)
	./stream_demo.sh

test: $(READY)
	python -m pytest tests -m "not gate and not faults and not speed" --hypothesis-profile=thorough \
		--numprocesses=2 --dist=loadfile

check: $(READY)
	ruff check
	ruff format --check
	mypy

gate: $(READY)
	python -m pytest tests/gate -m gate -s

bench: $(READY)
	python -m benchmarks.speed

# Made anew whenever a dependency changes; the package itself is installed in place. Quiet twice: old
# pips warn of an extra of lxml that they misread, and that is mended in pyproject.toml.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Newsbeam needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
