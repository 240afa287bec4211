# make demo    set up, then fit and upscale a generated series: pictures, a table and a .pvd in demo-output/
# make test    set up, then format, lint, types and the whole test suite, ParaView's tests included
# make bench   the measurements behind README and docs/site/measured.md
# make docs    the documentation as pages in build/site
# make setup   only set up: .venv and what the system lacks
# make clean   remove what the above made, .venv included

.PHONY: demo test bench docs setup clean
BIN := .venv/bin

demo:
	@bash .ci/setup.sh --demo
	$(BIN)/stsr demo -o demo-output --overwrite

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile tests/core tests/filters tests/house tests/examples/notebooks
	$(BIN)/pytest -n 2 --dist loadfile tests/plugin tests/examples --ignore tests/examples/notebooks

bench: setup
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs:
	@bash .ci/setup.sh --demo
	$(BIN)/python -m pip install --quiet '.[docs]'
	$(BIN)/sphinx-build -q -W --keep-going -b html docs/site build/site

setup:
	@bash .ci/setup.sh

clean:
	rm -rf .venv build demo-output test-output stsr.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
