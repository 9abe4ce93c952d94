#!/bin/sh
# Fetches the programs whose migration trees signoff compiles, for `make peers` and `make peers-cargo`.
#
#   tests/peers.sh FOLDER              FOLDER/node and FOLDER/python hold what npm and pip have; sqitch and sql-migrate
#                                      are the distribution's packages, installed where we are root
#   tests/peers.sh FOLDER --cargo      FOLDER/cargo/bin holds sqlx, diesel and refinery, built here: it takes a while
#
# They come from the package registries as npm, pip, cargo and apt are set up here. What is there is kept.
set -eu

NODE='dbmate@2.36.0 node-pg-migrate@9.0.0 pg@8.23.1 graphile-migrate@1.4.1 drizzle-kit@0.31.11 drizzle-orm@0.45.4
supabase@3.1.0 liquibase@4.28.1 prisma@6.19.0 @prisma/adapter-pg@6.19.0'
PYTHON='alembic==1.20.1 psycopg2-binary==2.9.13'

mkdir -p "$1"
folder=$(cd "$1" && pwd)

# Whatever was fetched says of what versions it is.
is_there() { [ "$(cat "$folder/$1/.signoff" 2>/dev/null)" = "$2" ]; }

cargo_install() {
  is_there "cargo/$1" "$1 $2 $3" && return
  echo "building $1 $2"
  cargo install --quiet --locked --root "$folder/cargo" --target-dir "$folder/cargo/target" \
    --no-default-features --features "$3" "$1@$2"
  mkdir -p "$folder/cargo/$1"
  echo "$1 $2 $3" >"$folder/cargo/$1/.signoff"
}

if [ "${2:-}" = --cargo ]; then
  cargo_install sqlx-cli 0.9.0 postgres,rustls
  cargo_install diesel_cli 2.3.14 postgres
  cargo_install refinery_cli 0.10.0 postgresql
  exit
fi

if ! is_there node "$NODE"; then
  echo 'fetching what npm has'
  rm -rf "$folder/node"
  mkdir "$folder/node"
  echo '{"private": true}' >"$folder/node/package.json"
  # Their scripts would fetch programs from elsewhere; what is run here comes inside the packages.
  # shellcheck disable=SC2086 # several words
  (cd "$folder/node" && npm install --silent --no-audit --no-fund --ignore-scripts --save-exact $NODE)
  echo "$NODE" >"$folder/node/.signoff"
fi

if ! is_there python "$PYTHON"; then
  echo 'fetching what pip has'
  rm -rf "$folder/python"
  python3 -m venv "$folder/python"
  # shellcheck disable=SC2086 # several words
  "$folder/python/bin/pip" install --quiet --disable-pip-version-check $PYTHON
  echo "$PYTHON" >"$folder/python/.signoff"
fi

if ! command -v sqitch >/dev/null || ! command -v sql-migrate >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo 'installing sqitch and sql-migrate of this distribution'
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends sqitch libdbd-pg-perl sql-migrate >/dev/null
  else
    echo 'sqitch and sql-migrate are not here, and only root can install them: they are left out'
  fi
fi
