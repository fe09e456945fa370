# make demo   the bundled model, from ONNX to proven Verilog: Python packages only
# make test   everything that the tests need, and the tests
# make bench  every performance figure; make mutate: is a broken line of hardware noticed?
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow bench mutate clean

demo: $(VENV)/.demo
	@$(BIN)/python -m ziglang version >/dev/null 2>&1 || command -v c++ g++ clang++ >/dev/null \
	  || $(BIN)/pip install --quiet --editable '.[compiler]'
	$(BIN)/hwlstm demo

test: $(VENV)/.test
	@sh tests/install-icarus
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.test
	@sh tests/install-icarus
	$(BIN)/python -m pytest -n 2 -m slow

bench: $(VENV)/.test
	@sh tests/install-icarus
	$(BIN)/python -m benchmarks

mutate: $(VENV)/.test
	$(BIN)/python -m benchmarks.mutations

$(VENV)/.%: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) rtl_out/*/ build dist .pytest_cache .ruff_cache
