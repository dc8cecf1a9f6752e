SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REQUIREMENTS := .ci/requirements
GRPCURL_VERSION := v1.9.4

# The project runs from its tree and is not installed into the environment.
export PYTHONPATH := $(CURDIR):$(CURDIR)/generated
export PATH := $(CURDIR)/build/bin:$(PATH)

.PHONY: help
help: ## Show these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# Run

.PHONY: run
run: $(VENV)/.runtime ## Start the service on this machine with SQLite; Ctrl-C stops it
	@exec $(BIN)/python -m server dev

.PHONY: run-postgres
run-postgres: $(VENV)/.installed ## Start it with a PostgreSQL of its own
	@exec $(BIN)/python -m server dev --postgres

# Environment

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

# A stamp stands for an installed set, so that pip runs again only when its requirements file has changed.
$(VENV)/.runtime: $(REQUIREMENTS)/runtime.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.installed: $(REQUIREMENTS)/dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# What the service is measured against.
$(VENV)/.bench: bench/requirements.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

build/bin/grpcurl: Makefile
	GOBIN=$(CURDIR)/build/bin go install github.com/fullstorydev/grpcurl/cmd/grpcurl@$(GRPCURL_VERSION)
	@touch $@

.PHONY: venv
venv: $(VENV)/.installed ## Create .venv with all that running, checking and testing need

.PHONY: grpcurl
grpcurl: build/bin/grpcurl ## Build the grpcurl that the tests call; needs Go

.PHONY: lock
lock: export CUSTOM_COMPILE_COMMAND := make lock
lock: COMPILE = $(BIN)/python -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(UPGRADE)
lock: $(VENV)/.installed ## Pin the requirements anew; UPGRADE=--upgrade takes the newest of each
	$(COMPILE) --output-file $(REQUIREMENTS)/runtime.txt $(REQUIREMENTS)/runtime.in
	$(COMPILE) --output-file $(REQUIREMENTS)/dev.txt $(REQUIREMENTS)/dev.in
	$(COMPILE) --output-file bench/requirements.txt bench/requirements.in

# Test and check

# The tests of a file share what they start, and so a process; they wait much, so that four are well on two cores.
TEST_PROCESSES ?= 4

.PHONY: test
test: $(VENV)/.installed ## Run the tests; ARGS= goes to pytest
	@command -v grpcurl >/dev/null || echo 'grpcurl is missing: "make grpcurl" builds it, given Go.'
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: fuzz
fuzz: export EVERRUNS_TEST_FUZZ_EXAMPLES ?= 300
fuzz: export EVERRUNS_TEST_FUZZ_CALLS ?= 5000
fuzz: $(VENV)/.installed ## Make over 5,000 generated calls by the OpenAPI document; EVERRUNS_TEST_FUZZ_SEED= others
	$(BIN)/python -m pytest tests/fuzz $(ARGS)

.PHONY: screenshots
screenshots: export EVERRUNS_TEST_SCREENSHOTS := $(CURDIR)/docs/images
screenshots: $(VENV)/.installed ## Take the README's pictures anew; needs Chromium
	@mkdir -p $(EVERRUNS_TEST_SCREENSHOTS)
	$(BIN)/python -m pytest tests/browser $(ARGS)

.PHONY: reliability
reliability: $(VENV)/.installed ## Kill the service and its databases under load, as often as docs/reliability.md says
	$(BIN)/python -m pytest -m reliability $(ARGS)

.PHONY: check
check: check-code check-types check-imports check-protos check-generated ## Lint, types, arrows between packages, protos, generated code

.PHONY: check-code
check-code: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: check-types
check-types: $(VENV)/.bench
	$(BIN)/mypy

.PHONY: check-imports
check-imports: $(VENV)/.installed
	$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(VENV)/.installed ## Format the code and the protos
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/buf format --write protos

# Protos

PROTOS = $(sort $(shell cd protos && find everruns -name '*.proto'))
# Google's protos lie beside its Python modules.
PROTOC = $(BIN)/python -m grpc_tools.protoc --proto_path=protos \
	--proto_path=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

.PHONY: build/generated
build/generated: $(VENV)/.installed
	@rm -rf $@ && mkdir -p $@
	$(PROTOC) --python_out=$@ --pyi_out=$@ $(PROTOS)
	$(PROTOC) --grpc_python_out=$@ $(filter %_service.proto,$(PROTOS))
	$(PROTOC) --include_source_info --descriptor_set_out=$@/everruns/v1/commented.binpb $(PROTOS)

.PHONY: protos
protos: build/generated ## Generate generated/ from protos/
	rm -rf generated && cp -r $< generated

.PHONY: check-generated
check-generated: build/generated
	@diff --recursive --brief --exclude=__pycache__ $< generated || { echo 'generated/ is not what protos/ says: run "make protos".'; exit 1; }

# An image holds its imports, so that buf need not fetch them.
.PHONY: check-protos
check-protos: $(VENV)/.installed
	@mkdir -p build
	$(PROTOC) --include_imports --include_source_info --descriptor_set_out=build/protos.binpb $(PROTOS)
	$(BIN)/buf lint build/protos.binpb --config protos/buf.yaml
	$(BIN)/buf format --diff --exit-code protos

# Supply chain

.PHONY: sbom
sbom: $(VENV)/.installed ## Write a bill of materials of what runs, CycloneDX, to build/sbom.json
	@mkdir -p build
	$(BIN)/python .ci/sbom.py > build/sbom.json

# In an environment of its own: what looks for faults in packages is none of those that are looked at.
build/audit/bin/pip-audit:
	$(PYTHON) -m venv build/audit
	-build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit

.PHONY: audit
audit: build/audit/bin/pip-audit ## Look for known faults in what runs; says so where the index cannot tell
	$(PYTHON) .ci/audit.py build/audit/bin/pip-audit --progress-spinner off --format json \
		--disable-pip --require-hashes --requirement $(REQUIREMENTS)/runtime.txt

# Measure

.PHONY: bench
bench: $(VENV)/.bench ## Measure what the README's figures say; ARGS= goes to python -m bench
	$(BIN)/python -m bench $(ARGS)

.PHONY: bench-quick
bench-quick: $(VENV)/.bench ## The same in short
	$(BIN)/python -m bench --quick

.PHONY: clean
clean: ## Remove what was built and cached; the environment and the data stay
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis .import_linter_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
