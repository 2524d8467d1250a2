# The commands of this project. `make run` needs Python 3.11 or newer and nothing else.

PYTHON ?= python3
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder

VENV := .venv
PY := $(VENV)/bin/python
LOCK := $(PY) -m uv pip compile -q --generate-hashes --no-annotate --no-emit-index-url \
	--universal --python-version 3.11 --custom-compile-command "make lock"

export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.PHONY: help run test check bench soak migrate lock

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: $(VENV)/requirements.txt ## install what is missing and run everything here
	@exec $(PY) run.py

test: $(VENV)/requirements-dev.txt ## run the everyday tests (PYTEST_ARGS="-k …" for some)
	@exec $(PY) -m pytest $(PYTEST_ARGS)

check: $(VENV)/requirements-dev.txt ## lint, format, types, import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/requirements-dev.txt ## print the speed as ratios to a floor
	@exec $(PY) -m benchmarks

soak: $(VENV)/requirements-dev.txt ## run the long tests of what it survives (SOAK_ARGS="-k …" for some)
	@exec $(PY) -m pytest -m soak $(SOAK_ARGS)

migrate: $(VENV)/requirements.txt ## bring the database to the newest schema, and stop
	@exec $(PY) run.py migrate

lock: $(VENV)/requirements-dev.txt ## pin the requirements anew, with hashes
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) -c requirements.txt requirements-dev.in -o requirements-dev.txt

# The copy in .venv says what is installed. The lock is for two starts at once.
$(VENV)/%.txt: %.txt
	@exec 9<Makefile; ! command -v flock >/dev/null || flock 9; \
	if cmp -s $< $@; then touch $@; exit; fi; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Lead Nexus needs Python 3.11 or newer: make PYTHON=…" >&2; exit 1; }; \
	if ! $(PY) -m pip --version >/dev/null 2>&1; then \
		echo "Making $(VENV) …"; $(PYTHON) -m venv --clear $(VENV) || exit; fi; \
	echo "Installing $$(grep -c == $<) packages of $< …"; rm -f $@.new; \
	{ $(PY) -m pip install --progress-bar off --require-hashes -r $< && cp $< $@.new; } \
		| grep --line-buffered '^Collecting'; \
	mv $@.new $@ 2>/dev/null || { echo "Not all could be installed" >&2; exit 1; }
