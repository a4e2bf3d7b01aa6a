# make train   set up, train the default recipe, say where the model and its pictures are
# make test    set up, run the whole test suite
# make peers   PyTorch and Keras, for the tests that need them
# make check   style, types and floors

PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test peers check model clean

train: .venv/installed
	$(BIN)/glassnet train

test: .venv/tested-with
	$(BIN)/pytest -n auto

check: .venv/tested-with
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

peers: .venv/peers

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

# Any version would do; of this one there may be a build for CPUs alone, without gigabytes of CUDA.
.venv/peers: .venv/tested-with
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0 'keras>=3.6'
	touch $@

clean:
	rm -rf .venv runs
