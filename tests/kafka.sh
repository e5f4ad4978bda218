#!/usr/bin/env bash
# The tests on a real Kafka, as one command: starts one node, runs the log's own tests (the
# conformance suite in both group protocols among them) and every on_kafka* test on it, and stops
# it. Some of the tests start more nodes of their own. Arguments go to `cargo test`. At the end it
# plays the chaos test's rounds on three nodes; BUTTERQUANT_CHAOS is `none`, or arguments for it, such
# as `--rounds 1 --seed 2`. Without Java it says so and is done; in CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v java >/dev/null; then
  echo "skipped: the Kafka tests need a Java 17 runtime and Maven"
  [ -z "${CI:-}" ] || exit 2
  exit 0
fi
kafka=infra/deploy/kafka/kafka
dir=$(mktemp -d)
trap '$kafka stop --now --dir "$dir" 2>/dev/null || true; rm -rf "$dir"' EXIT

begun=no
for port in 19092 19192 19292 19392; do
  if said=$($kafka start --dir "$dir" --port $port --while $$ 2>&1); then
    begun=yes
    break
  fi
  case $said in *"is taken"*) ;; *) break ;; esac
done
echo "$said"
[ $begun = yes ] || exit 2

export BUTTERQUANT_KAFKA=127.0.0.1:$port BUTTERQUANT_KAFKA_DIR=$dir
cargo build --release --workspace
tests=()
for file in infra/log/tests/kafka*.rs tests/tests/on_kafka*.rs; do
  tests+=(--test "$(basename "$file" .rs)")
done
cargo test --release --workspace "${tests[@]}" "$@"

if [ "${BUTTERQUANT_CHAOS:-}" != none ]; then
  $kafka stop --now --dir "$dir"
  # Words, not one argument.
  # shellcheck disable=SC2086
  cargo test --release --workspace --test chaos -- --log kafka3 ${BUTTERQUANT_CHAOS:-}
fi
