# `make` alone lists what there is to make. Everything but `test` on a machine without PostgreSQL works offline
# once cargo has fetched the crates.

SHELL         := /bin/bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-builtin-rules --no-print-directory

# Real trees, beside the repository and never in it; TREES narrows them: make corpora TREES=quickwit
CORPORA ?= ../shared/corpora
TREES   ?=

# Other servers and clients, fetched once: make matrix MATRIX='13/own own/18'
SERVERS ?= target/servers
MATRIX  ?= 13/own 14/own own/own 16/own 17/own 18/own own/16 own/18
FAULTS  ?= 13/own own/own 18/own

# The tools whose trees are read, fetched once: make peers PEERS='dbmate alembic'
FETCHED     ?= target/peers
PEERS       ?= alembic dbmate sql-migrate node-pg-migrate graphile-migrate drizzle prisma supabase liquibase sqitch
PEERS_CARGO ?= sqlx diesel refinery

# The program as `cargo test` has built it already, so that nothing is built twice.
SIGNOFF := $(abspath $(or $(CARGO_TARGET_DIR),target))/debug/signoff

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Compile the sample tree, migrations/, into a release folder below out/
	$(SIGNOFF) bundle
	ls -l out/*/

.PHONY: test
test: postgres pooler git ## Run all tests, on a PostgreSQL of their own (installs Debian's when there is none)
	cargo test --locked

.PHONY: lint
lint: ## Formatting and lints, warnings refused
	cargo fmt --all -- --check
	cargo clippy --locked --all-targets -- -D warnings

.PHONY: ci
ci: lint test check ## What has to pass before a merge
	@if [ -d '$(CORPORA)/quickwit' ]; then $(MAKE) corpora TREES=quickwit; \
	else echo 'ci: $(CORPORA)/quickwit is not here, so no real tree was compiled'; fi

.PHONY: check
check: build ## Check and compile the trees of this repository: migrations/ and examples/
	$(SIGNOFF) check
	@for example in examples/*/; do \
	  echo "compiling $$example"; \
	  say=; case $$example in */from-refinery/) say='--layout refinery';; */from-supabase/) say='--layout supabase';; esac; \
	  work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; cp -R "$$example." "$$work"; \
	  ( cd "$$work"; $(SIGNOFF) check --path db/migrations $$say; $(SIGNOFF) bundle --path db/migrations $$say ); \
	  rm -rf "$$work"; \
	done

.PHONY: golden
golden: ## Take the bundles and messages that are written now as the golden ones; review them with git diff
	SIGNOFF_GOLDEN=rewrite INSTA_UPDATE=always cargo test --locked --test suite -- golden:: cli:: input::
	git status --short tests

.PHONY: corpora
corpora: postgres ## Compile real trees and run them on PostgreSQL; prints a table (TREES=quickwit: only that one)
	@if [ ! -d '$(CORPORA)' ]; then echo 'corpora: $(CORPORA) is not here, so nothing was compiled from it'; exit 0; fi; \
	cargo test --locked --test suite corpora:: -- --ignored --list | grep ': test$$' >/dev/null \
	  || { echo 'corpora: the suite has no test below corpora::'; exit 1; }; \
	SIGNOFF_CORPORA='$(abspath $(CORPORA))' SIGNOFF_TREES='$(TREES)' \
	  cargo test --locked --test suite corpora:: -- --ignored --nocapture

.PHONY: matrix
matrix: postgres ## Run the tests of scripts on servers 13 to 18 and with every psql at hand; prints a table
	tests/servers.sh '$(SERVERS)'
	tests/matrix.sh '$(SERVERS)' 'postgres::' $(MATRIX)

.PHONY: faults
faults: postgres ## Stop scripts in every way at every statement, on servers 13, 15 and 18; prints what was tried
	tests/servers.sh '$(SERVERS)'
	@if [ -d '$(CORPORA)/quickwit' ]; then export SIGNOFF_CORPORA='$(abspath $(CORPORA))'; \
	else echo 'faults: $(CORPORA)/quickwit is not here, so no real tree is stopped'; fi; \
	SIGNOFF_FAULTS=all tests/matrix.sh '$(SERVERS)' 'postgres::faults postgres::operators' $(FAULTS)

.PHONY: peers
peers: postgres ## Run other tools beside our scripts, on one database; prints a table (PEERS='dbmate alembic': only those)
	tests/peers.sh '$(FETCHED)'
	SIGNOFF_ALEMBIC='$(abspath $(FETCHED))/python/bin/alembic' \
	SIGNOFF_PEERS='$(abspath $(FETCHED))' SIGNOFF_ONLY_PEERS='$(PEERS)' \
	  cargo test --locked --test suite peers:: -- --ignored --nocapture

.PHONY: peers-cargo
peers-cargo: postgres ## The same for sqlx, diesel and refinery, which are built first: that takes half an hour
	tests/peers.sh '$(FETCHED)' --cargo
	SIGNOFF_PEERS='$(abspath $(FETCHED))' SIGNOFF_ONLY_PEERS='$(PEERS_CARGO)' \
	  cargo test --locked --test suite peers::peers_agree -- --ignored --nocapture

.PHONY: bench
bench: ## Time made-up trees of 100 to 100,000 revisions, against sha256sum
	cargo bench --locked --bench tree

.PHONY: clean
clean: ## Remove what was built, and the release folders below out/
	cargo clean
	find out -mindepth 1 ! -name .gitignore -delete

.PHONY: build
build:
	cargo build --locked

# One test is left out where there is none, but for CI.
.PHONY: pooler
pooler:
	@if ! command -v pgbouncer >/dev/null && [ ! -x /usr/sbin/pgbouncer ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'no pgbouncer found: installing the package of this distribution'; apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends pgbouncer; \
	fi

.PHONY: git
git:
	@if command -v git >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'no git found: installing the package of this distribution'; apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends git; \
	else \
	  echo 'no git found, which the tests of check --since need: install it' >&2; exit 1; \
	fi

# The tests look in the same places (tests/support/postgres.rs).
.PHONY: postgres
postgres:
	@for folder in "$${PG_BIN:-}" "$$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin; do \
	  if [ -x "$$folder/initdb" ]; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'no PostgreSQL server found: installing the package postgresql of this distribution'; \
	  apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql; \
	else \
	  echo 'no PostgreSQL server found: install one (Debian: sudo apt-get install postgresql), or set PG_BIN to the folder that holds initdb' >&2; \
	  exit 1; \
	fi
