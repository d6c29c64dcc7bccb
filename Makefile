# Every target sets up what it needs: a Python 3.11 or newer with venv is all it asks for.

.DEFAULT_GOAL := verify
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready

# Compiled modules are kept: every start of a process is faster.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: verify test check faults product image bench lock clean

verify: $(READY) ## rehearse the whole checklist on staging in a box; fails on NO-GO
	@echo "==> rehearsing the checklist on staging in a box"
	@$(RUN)/pytest --rehearse

test: $(READY) ## the project's own tests, with branch coverage
	@echo "==> the project's own tests"
	@$(RUN)/coverage erase
	@$(RUN)/python -m pytest -c selftest/pytest.toml selftest -n 2 --dist loadgroup --cov --cov-config=pyproject.toml --cov-report=

check: $(READY) ## format, lint and types
	@echo "==> format, lint, types"
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy

faults: $(READY) ## break the box in every known way and see exactly the right checks go red
	@$(RUN)/python -m staging.faults $(FAULTS)

product: $(READY) ## the stand-in product's own tests, build, Lighthouse and axe
	@$(RUN)/python -m selftest.product.quality

image: $(READY) ## the stand-in product's own images, built and started for real, and DEP-D on them
	@$(RUN)/python -m pytest -c selftest/pytest.toml selftest/containers/built_images.py

bench: $(READY) ## speed, as ratios against named peers in the same run
	@$(RUN)/python -m bench

$(READY): requirements.lock pyproject.toml
	@echo "==> creating $(VENV) and installing the pinned dependencies into it"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "gonogo needs Python 3.11 or newer as $(PYTHON); try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
	  || { echo "this Python has no venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: ## pin every dependency with its hashes (needs uv)
	uv pip compile pyproject.toml --group dev --group staging --universal --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.lock

clean: ## remove what the other targets made, but no dossier
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage
