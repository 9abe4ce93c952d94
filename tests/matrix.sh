#!/bin/bash
# Runs a part of the tests on several servers and with several clients, and prints a table.
#
#   tests/matrix.sh SERVERS FILTERS SERVER/CLIENT…      SERVERS is the folder that tests/servers.sh fills
#
# SERVER and CLIENT are majors of that folder, or `own` for what this machine has. Dumps are made by the newest pg_dump
# at hand, for it must not be older than the server. What the tests say stays in SERVERS/logs.
set -euo pipefail

servers=$(cd "$1" && pwd)
filters=$2
shift 2
mkdir -p "$servers/logs"

# The tests look in the same places (tests/support/postgres/cluster.rs).
for own in "${PG_BIN:-}" "$(pg_config --bindir 2>/dev/null || true)" $(ls -dv /usr/lib/postgresql/*/bin | tac); do
  if [ -x "$own/initdb" ]; then break; fi
done

version() { "$1" --version | sed -E 's/^[^)]*\) ([0-9.]+).*/\1/'; }
result() { sed -nE "s/^test result: .*$1.*/\\1/p" "$log" | tail -n 1; }

cargo test --locked --test suite --no-run

export PG_BIN PSQL_BIN PG_DUMP_BIN=$servers/client-18/bin
rows=() logs=() names=() broken=0
for pair in "$@"; do
  PG_BIN=$servers/server-${pair%/*}/bin PSQL_BIN=$servers/client-${pair#*/}/bin
  if [ "${pair%/*}" = own ]; then PG_BIN=$own; fi
  if [ "${pair#*/}" = own ]; then PSQL_BIN=$own; fi
  name=$(version "$PG_BIN/postgres")/$(version "$PSQL_BIN/psql")
  log=$servers/logs/${name/\//-psql-}.log
  echo "server/psql $name: see $log"
  # shellcheck disable=SC2086 # the filters are several words
  cargo test --locked --test suite -- $filters --show-output >"$log" 2>&1 || broken=1
  rows+=("$(printf '%-13s  %6s  %6s  %8s  %7s' "$name" "$(result '\b([0-9]+) passed')" "$(result '\b([0-9]+) failed')" \
    "$(grep -c '^left out | ' "$log" || true)" "$(result 'finished in ([0-9]+)')")")
  logs+=("$log") names+=("$name")
done

echo
echo 'server/psql    passed  failed  left out  seconds'
printf '%s\n' "${rows[@]}"
for i in "${!logs[@]}"; do
  sed -n "s#^left out | .* | #${names[i]} left out: #p" "${logs[i]}" | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2 (\1)/'
  sed -n "s#^test \(.*\) \.\.\. FAILED\$#${names[i]} FAILED: \1#p" "${logs[i]}"
done

# What the harness of faults counted: a row for each kind, a column for each server.
counts=$(for i in "${!logs[@]}"; do sed -n "s#^fault | #${names[i]} | #p" "${logs[i]}"; done)
if [ -n "$counts" ]; then
  printf '\n%-30s' 'faults tried (and hit)'
  printf '  %13s' "${names[@]}" && echo
  awk -F ' [|] ' -v names="${names[*]}" '
    { kind = sprintf("%-13s %-16s", $3, $4); kinds[kind]; tried[kind, $1] += $5; hit[kind, $1] += $6 }
    END {
      n = split(names, name, " ")
      for (kind in kinds) {
        row = kind
        for (i = 1; i <= n; i++) row = row sprintf("  %13s", (tried[kind, name[i]] + 0) " (" (hit[kind, name[i]] + 0) ")")
        print row
      }
    }' <<<"$counts" | sort
  awk -F ' [|] ' '{ tried += $5; hit += $6 } END { print tried " tried; " hit " hit, and the next run ended as if nothing had been" }' <<<"$counts"
fi
exit "$broken"
