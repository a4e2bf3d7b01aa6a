# make train   set up, train the default recipe, say where the model and its pictures are
# make test    set up, run the whole test suite
# make check   style, types and floors

PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test check model clean

train: .venv/installed
	$(BIN)/glassnet train

test: .venv/tested-with
	$(BIN)/pytest -n auto

check: .venv/tested-with
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The model that comes with the package.
model: .venv/installed
	$(BIN)/glassnet train many-hands --validation 0.0833 --data mnist --out runs/shipped
	cp runs/shipped/model.safetensors src/glassnet/models/many-hands.safetensors

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[serve]'
	touch $@

.venv/tested-with: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv runs
