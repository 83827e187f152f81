# `make run` starts the product on this machine, `make test` tests it. Both install what they need into .venv.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run backfill notebook notebook-page man test test-deep test-dates test-big test-spark test-dbt test-bi e2e-cluster test-versions java package sbom audit setup setup-dev check fix docs docs-site clean lock fuzz bench bench-tenants prove

PYTHON ?= $(shell for p in python3.13 python3.12 python3.14 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && { echo $$p; break; }; done)
UV_VERSION := 0.13.9
BIN := .venv/bin
# Where Python may not write bytecode, every command would compile all it imports, so it is compiled once here.
ifneq ($(PYTHONDONTWRITEBYTECODE),)
export UV_COMPILE_BYTECODE := 1
COMPILE := $(BIN)/python -m compileall -q include plugins
endif
# uv does not read pip's variables, so pass on the index that pip uses.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.installed ## start a simulated Sighten, the receiver and Airflow (ONCE=1 stops after the first result)
	@$(BIN)/python -m devstack $(if $(ONCE),--once)

backfill: .venv/.installed ## pull past milestones by the Airflow of `make run` (FROM=2026-04-19 TO=2026-04-24)
	@$(BIN)/python -m devstack.backfill --from "$(FROM)" --to "$(TO)" $(if $(RETRY),--retry)

notebook: .venv/.installed-dev ## open the example notebook on what `make run` published
	@$(BIN)/marimo edit --host 127.0.0.1 notebooks/warehouse.py

notebook-page: .venv/.installed-dev ## export it with simulated data as a static page into build/notebook/ (18 MB)
	@rm -rf build/notebook
	@$(BIN)/python docs/notebook_page.py build/notebook

# Tests sync every file they write; in memory that costs nothing. Needs 4 GB in /dev/shm, else TMPDIR is used.
TESTS_IN ?= $(shell room=$$(df -Pk /dev/shm 2>/dev/null | awk 'END {print $$4}'); \
	[ "$${room:-0}" -gt 4000000 ] && echo /dev/shm || echo "$${TMPDIR:-/tmp}")
IN_MEMORY = folder=$$(mktemp -d "$(TESTS_IN)/sighten-tests.XXXXXX"); trap 'rm -rf "$$folder"' EXIT; TMPDIR="$$folder"
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: .venv/.installed-dev ## run the default test suite
	@$(IN_MEMORY) $(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-deep: .venv/.installed-dev ## run the tests of many variants, which CI runs too
	@$(IN_MEMORY) $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'deep and not big'

test-dates: .venv/.installed-dev ## run it with the clock a year ahead, on 29 February and at New Year (DATES=leap-day TESTS=tests/unit; Linux)
	@$(IN_MEMORY) $(BIN)/python tests/dates $(DATES:%=--date %) $(SIDE_BY_SIDE) -p no:cacheprovider -m 'not big and not e2e and not spark and not dbt and not bi and not cluster' $(TESTS)

test-big: .venv/.installed-dev ## run the tests that take minutes, and many more examples of the others
	@$(IN_MEMORY) $(BIN)/python -m pytest $(SIDE_BY_SIDE) --timeout 7200 -m big
	@$(IN_MEMORY) $(BIN)/python -m pytest $(SIDE_BY_SIDE) --timeout 7200 --hypothesis-profile thorough tests/property

test-spark: java .venv/.installed-spark .venv/.installed-iceberg-spark ## run the tests on Spark, in an environment of their own (Java 17 or later; Linux)
	@$(IN_MEMORY) .venv/spark/bin/python -m pytest -m spark -p no:cacheprovider $(or $(TESTS),tests/spark)

test-dbt: .venv/.installed-dev .venv/.installed-dbt ## run dbt on the package that `export dbt` writes, in an environment of its own
	@$(IN_MEMORY) $(BIN)/python -m pytest -m dbt -p no:cacheprovider tests/dbt

test-bi: .venv/.installed-superset ## open the dashboards in Superset, in an environment of its own, and compare with SQL (Node for Metabase's schemas)
	@$(IN_MEMORY) $(BIN)/python -m pytest -m bi -p no:cacheprovider tests/bi

java: ## look for Java, which Spark needs
	@command -v "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" >/dev/null || { echo "Spark needs Java 17 or later, and there is no java on PATH or in JAVA_HOME; install one (Debian: apt install openjdk-17-jre-headless)" >&2; exit 2; }

e2e-cluster: .venv/.installed-cluster ## run docker-compose.cluster.yml as processes, kill a worker and a receiver, compare the tables (Linux)
	@$(IN_MEMORY) .venv/cluster/bin/python -m pytest -m cluster -p no:cacheprovider tests/cluster

# A row of versions has an environment of its own. Python rows have all of dev.txt, with Airflow; others have no Airflow,
# save `lowest-airflow`. uv finds the row's Python on PATH.
ROWS := lowest lowest-airflow duckdb-1.5 duckdb-2.0 python-3.11 python-3.12 python-3.13 python-3.14
ROW_PYTHON = $(if $(filter python-%,$(ROW)),$(ROW:python-%=%),3.11)
ROW_BIN = .venv/rows/$(ROW)/bin
ROW_PIP = .venv/bin/uv pip install -q -p $(ROW_BIN)/python
# The locked versions as constraints, without the one that the row changes.
PINS := sed -n -e '/^duckdb==/d' -e '/^[a-z].*==/s/ *\\$$//p'
WITHOUT_AIRFLOW := --extra setup --extra polars --extra ibis --extra test -r pyproject.toml
# DuckDB's extensions come in wheels for some of its versions; this is the newest of 1.5 that has them.
WITH_EXTENSIONS := duckdb==1.5.5 $(addprefix duckdb-extension-,avro==1.5.5 ducklake==1.5.5 httpfs==1.5.5 iceberg==1.5.5)
ROW_TESTS = $(if $(filter python-%,$(ROW)),tests/unit tests/sql tests/property tests/dags,$(if $(filter %-airflow,$(ROW)),tests/dags,tests/unit tests/sql tests/property))

test-versions: .venv/.uv ## run the tests with other versions (ROW=lowest|lowest-airflow|duckdb-1.5|duckdb-2.0|python-3.11 to 3.14)
	@test -n "$(filter $(ROWS),$(ROW))" || { echo "ROW=$(ROW), expected one of: $(ROWS)" >&2; exit 2; }
	@$(BIN)/uv venv -q --clear -p "$(ROW_PYTHON)" .venv/rows/$(ROW)
	@case "$(ROW)" in \
		lowest*) $(ROW_PIP) -r requirements/rows/$(ROW).txt;; \
		duckdb-*) $(ROW_PIP) $(WITHOUT_AIRFLOW) $(if $(filter %-1.5,$(ROW)),$(WITH_EXTENSIONS),'duckdb==$(ROW:duckdb-%=%).*') -c <($(PINS) requirements/dev.txt);; \
		python-*) $(ROW_PIP) -r requirements/dev.txt;; \
	esac
	@$(ROW_PIP) --no-deps --no-build-isolation -e .
	@$(ROW_BIN)/python -c 'import duckdb, sys; print("Python", sys.version.split()[0], "DuckDB", duckdb.__version__)'
	@$(IN_MEMORY) $(ROW_BIN)/python -m pytest $(SIDE_BY_SIDE) -p no:cacheprovider -m 'not big and not e2e and not spark and not dbt and not bi and not cluster' $(or $(TESTS),$(ROW_TESTS))

LOCKS := requirements/product.txt requirements/airflow.txt

man: .venv/.installed-dev ## write a man page of each command into build/man/
	@rm -rf build/man
	@$(BIN)/python docs/man_pages.py build/man

package: .venv/.installed-package sbom ## build wheel and sdist into dist/ and their bills of materials into sbom/, check them, and run the wheel, also alone
	@rm -rf dist build/man
	@PYTHONPATH=include:plugins .venv/package/bin/python docs/man_pages.py build/man
	@$(BIN)/uv build -q --no-build-isolation -p .venv/package/bin/python --out-dir dist
	@.venv/package/bin/twine check --strict dist/*
	@$(BIN)/uv pip install -q -p .venv/package/bin/python --reinstall --no-deps dist/*.whl
	@home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT; program=$$PWD/.venv/package/bin/sighten-warehouse; \
	export SIGHTEN_HOME="$$home"; unset SIGHTEN_API_URL; cd "$$home" && "$$program" demo --milestones 20 && cd - >/dev/null; \
	$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/alone; \
	$(BIN)/uv pip install -q -p .venv/alone/bin/python -c requirements/product.txt dist/*.whl; \
	.venv/alone/bin/sighten-warehouse query "from marts.approval_cycles limit 1"; \
	{ .venv/alone/bin/sighten-warehouse receive 2>&1 || true; } | grep -F "sighten-warehouse[receiver]"; \
	.venv/alone/bin/python -c 'from sighten_warehouse import open_warehouse; print(open_warehouse().frame("from milestones").shape)'; \
	test -f .venv/alone/share/man/man1/sighten-warehouse-query.1

sbom: .venv/.installed-package $(LOCKS) ## write what the wheel and the image hold as CycloneDX into sbom/
	@mkdir -p sbom
	@for lock in $(LOCKS); do .venv/package/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		-o "sbom/sighten-warehouse-$$(basename $$lock .txt).cdx.json" $$lock; done

audit: .venv/.installed-package ## check every lock against known advisories (asks PyPI)
	@for lock in requirements/*.txt; do echo "$$lock"; .venv/package/bin/pip-audit --disable-pip --require-hashes --progress-spinner off -r $$lock; done

fuzz: .venv/.installed-fuzz ## search for bodies that break the loader (SECONDS=60; Linux)
	@$(BIN)/python -m fuzz $(or $(SECONDS),60)

prove: .venv/.installed-dev ## kill processes and break disks under load, and check the promises (MINUTES=10 KILLS=1000 SEED=1 AIRFLOW=1; Linux)
	@$(BIN)/python -m prove $(if $(AIRFLOW),--airflow) $(MINUTES:%=--minutes %) $(KILLS:%=--kills %) $(SEED:%=--seed %)

bench: .venv/.installed-dev .venv/.installed-dlt ## measure, and write docs/performance.md (PAYLOADS=5000 SIZES="2000 10000" LOADS=100 QUOTES=2000 ROUNDS=3 STEP=name; Linux)
	@$(BIN)/python -m benchmarks $(PAYLOADS:%=--payloads %) $(if $(SIZES),--sizes $(SIZES)) $(LOADS:%=--loads %) $(QUOTES:%=--quotes %) $(ROUNDS:%=--rounds %) $(if $(STEP),--step "$(STEP)")

bench-tenants: .venv/.installed-dev ## time one tenant while another is in trouble, and write docs/noisy-tenant.md (ROUNDS=3; Linux)
	@$(BIN)/python -m benchmarks.tenants $(ROUNDS:%=--rounds %)

setup: .venv/.installed ## install what `make run` needs
setup-dev: .venv/.installed-dev ## install what `make test` needs

check: .venv/.installed-dev ## run ruff, mypy, sqlfluff, the import contracts and the schemas of deploy/
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar sql
	@$(BIN)/lint-imports
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml deploy/compose/tenants.yml
	@$(BIN)/kubernetes-validate --strict --quiet $(filter-out %/kustomization.yaml,$(wildcard deploy/kubernetes/*.yaml))

fix: .venv/.installed-dev ## fix what ruff and sqlfluff can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --disable-progress-bar sql

docs: .venv/.installed ## write the data dictionary and the cookbook
	@$(BIN)/python -m sighten_warehouse.dictionary.markdown > docs/.data-dictionary.md.tmp
	@mv docs/.data-dictionary.md.tmp docs/data-dictionary.md
	@home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT; \
	env -u SIGHTEN_API_URL SIGHTEN_HOME="$$home" $(BIN)/sighten-warehouse demo --milestones 300 >/dev/null 2>&1; \
	$(BIN)/python -m sighten_warehouse.dictionary.cookbook "$$home"/*/published/warehouse.duckdb > docs/.cookbook.md.tmp
	@mv docs/.cookbook.md.tmp docs/cookbook.md

docs-site: .venv/.installed-docs ## build the documentation as a site into site/, without network, and check its links
	@.venv/docs/bin/python -m docsite

clean: ## remove .venv, caches and .airflow/; keep data/
	@rm -rf .venv .airflow .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What mermaidx needs to draw by itself, which a browser does here.
MERMAID_ONLY := novasvg quickjs-ng termaid

lock: .venv/.uv ## write requirements/ from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra setup --extra polars --extra ibis --extra iceberg --extra airflow --extra postgres --extra devstack --extra dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra setup --extra spark --extra test -c requirements/dev.txt pyproject.toml -o requirements/spark.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra setup --extra airflow --extra postgres --extra devstack -c requirements/dev.txt pyproject.toml -o requirements/devstack.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra setup --extra airflow --extra receiver --extra postgres --extra cluster -c requirements/dev.txt pyproject.toml -o requirements/airflow.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra setup --extra airflow --extra receiver --extra postgres --extra cluster --extra devstack --extra test-cluster -c requirements/dev.txt -c requirements/airflow.txt pyproject.toml -o requirements/cluster.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra setup --extra objects --extra simulator -c requirements/dev.txt pyproject.toml -o requirements/product.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --resolution lowest-direct --generate-hashes --no-header --no-annotate --extra setup --extra polars --extra ibis --extra test pyproject.toml -o requirements/rows/lowest.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --resolution lowest-direct --generate-hashes --no-header --no-annotate --extra setup --extra airflow --extra postgres --extra devstack --extra test-airflow pyproject.toml -o requirements/rows/lowest-airflow.txt
	@printf 'dlt[duckdb,parquet]\norjson\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.txt - -o requirements/dlt.txt
	@printf 'dbt-core>=1.11.8,<1.12\ndbt-duckdb>=1.11\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/dbt.txt
	@printf 'pyspark>=3.3,<3.4\nsagemaker-feature-store-pyspark-3.3\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/iceberg-spark.txt
	@printf 'click-man\ncyclonedx-bom\npip-audit\ntwine\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.txt - -o requirements/package.txt
	@printf 'zensical\nmermaidx\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(MERMAID_ONLY:%=--no-emit-package %) -c requirements/dev.txt - -o requirements/docs.txt
	@printf 'apache-superset==6.1.*\ncachetools\nduckdb-engine\nflask-caching<2.4\nrich\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/superset.txt
	@printf 'atheris==3.0.0; python_version < "3.12"\natheris>=3.1; python_version >= "3.12"\n' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/fuzz.txt

.venv/.uv:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 to 3.14 with venv found; install one (Debian: apt install python3 python3-venv) or choose one: make PYTHON=/path/to/python" >&2; exit 2; }
	@echo "creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.installed: requirements/devstack.txt pyproject.toml | .venv/.uv
	@echo "installing pinned packages (about 650 MB; takes a minute or two the first time)"
	@$(BIN)/uv pip install -q -p $(BIN)/python -r requirements/devstack.txt
	@$(BIN)/uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

.venv/.installed-dev: requirements/dev.txt | .venv/.installed
	@echo "installing pinned packages for tests and checks"
	@$(BIN)/uv pip install -q -p $(BIN)/python -r requirements/dev.txt
	@touch $@

# Celery and Redis are not for `make run` and `make test`.
.venv/.installed-cluster: requirements/cluster.txt pyproject.toml | .venv/.uv
	@echo "installing pinned packages, Celery and Redis"
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/cluster
	@$(BIN)/uv pip install -q -p .venv/cluster/bin/python -r requirements/cluster.txt
	@$(BIN)/uv pip install -q -p .venv/cluster/bin/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-fuzz: requirements/fuzz.txt | .venv/.installed-dev
	@$(BIN)/uv pip install -q -p $(BIN)/python -r requirements/fuzz.txt
	@touch $@

# Spark is 450 MB, which `make test` does not need.
.venv/.installed-spark: requirements/spark.txt pyproject.toml | .venv/.uv
	@echo "installing pinned packages and Spark (about 1.2 GB)"
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/spark
	@$(BIN)/uv pip install -q -p .venv/spark/bin/python -r requirements/spark.txt
	@$(BIN)/uv pip install -q -p .venv/spark/bin/python --no-deps --no-build-isolation -e .
	@touch $@

# Apache Iceberg's library comes with this package of Amazon's, for Spark 3.3.
.venv/.installed-iceberg-spark: requirements/iceberg-spark.txt | .venv/.uv
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/iceberg-spark
	@$(BIN)/uv pip install -q -p .venv/iceberg-spark/bin/python -r requirements/iceberg-spark.txt
	@touch $@

# dbt needs older versions of what Airflow brings.
.venv/.installed-dbt: requirements/dbt.txt | .venv/.uv
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/dbt
	@$(BIN)/uv pip install -q -p .venv/dbt/bin/python -r requirements/dbt.txt

# Superset wants older versions of much that we use. Its 6.1 does not name cachetools and rich, and breaks with flask-caching 2.4.
.venv/.installed-superset: requirements/superset.txt | .venv/.installed-dev
	@echo "installing pinned packages and Superset (about 700 MB)"
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/superset
	@$(BIN)/uv pip install -q -p .venv/superset/bin/python -r requirements/superset.txt
	@touch $@

.venv/.installed-package: requirements/product.txt requirements/package.txt | .venv/.uv
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/package
	@$(BIN)/uv pip install -q -p .venv/package/bin/python -r requirements/product.txt -r requirements/package.txt
	@$(BIN)/uv pip install -q -p .venv/package/bin/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-docs: requirements/docs.txt | .venv/.uv
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/docs
	@$(BIN)/uv pip install -q --no-deps -p .venv/docs/bin/python -r requirements/docs.txt
	@touch $@

.venv/.installed-dlt: requirements/dlt.txt | .venv/.uv
	@$(BIN)/uv venv -q --clear -p $(BIN)/python .venv/dlt
	@$(BIN)/uv pip install -q -p .venv/dlt/bin/python -r requirements/dlt.txt
	@touch $@
