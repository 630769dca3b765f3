# The two commands of the README: `make demo` and `make test`. Nothing but git, make and Python 3.11+ is needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo test browser check docs format sbom audit bench proof matrix clean

help: ## This list.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "jmxgen needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,dask]'
	@touch $(READY)

demo: $(READY) ## From a scenario to a verdict against a faulty server, with a real JMeter.
	$(BIN)/jmxgen demo

test: $(READY) browser ## All tests, those with the real JMeter among them.
	$(BIN)/jmxgen jmeter install
	$(BIN)/python -m pytest

# The report is tested in a real Chromium. CI installs one; elsewhere the browser test says that it is missing.
browser:
	@command -v chromium >/dev/null || [ -z "$$CI" ] || (apt-get update -q && apt-get install -qy chromium) >/dev/null

check: $(READY) ## Types, lint, format, docs: before each commit.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mkdocs build --quiet --strict

docs: $(READY) ## The site, in site/.
	$(BIN)/mkdocs build --strict

format: $(READY) ## Mend what ruff can mend.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sbom: $(READY) ## What jmxgen runs with, as CycloneDX: dist/sbom.json.
	@mkdir -p dist
	$(BIN)/python -m jmxgen.jmeter.sbom > dist/sbom.json

audit: $(READY) ## Known vulnerabilities of the pinned versions; asks the network.
	@$(PYTHON) -m venv .venv/audit && .venv/audit/bin/pip install --quiet pip-audit
	.venv/audit/bin/pip-audit --disable-pip --no-deps --requirement constraints.txt

bench: $(READY) ## Time reading beside its peers and plans beside bare ones; writes benchmarks.md and plan-cost.md in docs/reference.
	$(PYTHON) -m venv .venv/bench
	.venv/bench/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/jmxgen jmeter install
	$(BIN)/python benchmarks/bench.py --peers .venv/bench --large 50000000
	$(BIN)/python benchmarks/plan_cost.py

proof: $(READY) ## The proof with a real JMeter, about 12 min; writes docs/proof.md and its pictures.
	$(BIN)/jmxgen jmeter install
	$(BIN)/python benchmarks/proof.py

matrix: $(READY) ## Judge the recorded runs of every cause; writes docs/reference/confusion-matrix.md.
	$(BIN)/python benchmarks/matrix.py

clean: ## Remove what the other targets made.
	rm -rf .venv dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
