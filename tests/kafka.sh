#!/usr/bin/env bash
# The tests on a real Kafka, as one command: starts one node, runs the log's own tests (the
# conformance suite in both group protocols among them) and every on_kafka* test on it, two programs
# at a time (BUTTERQUANT_BESIDE sets another number), and stops it. Each program has topics of its own there; some
# start more nodes. Arguments
# go to each program, such as `--skip NAME`; BUTTERQUANT_PROGRAMS names those to run, if not all. At the
# end it plays the chaos test's rounds on three nodes; BUTTERQUANT_CHAOS is `none`, or arguments for it,
# such as `--rounds 1 --seed 2`. Without Java it says so and ends; in CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/parts.sh

if ! command -v java >/dev/null; then
  echo "skipped: the Kafka tests need a Java 17 runtime and Maven"
  [ -z "${CI:-}" ] || exit 2
  exit 0
fi
kafka=infra/deploy/kafka/kafka
dir=$(mktemp -d)
at_end() {
  # A failed part's cause may be there and nowhere else.
  if [ -n "$running" ] && [ -e "$dir/node-1/log" ]; then
    echo "-- warnings and errors at the end of the node's log, kept in target/kafka-logs/node-1.log:"
    mkdir -p target/kafka-logs
    cp "$dir/node-1/log" target/kafka-logs/node-1.log
    grep -E ' (WARN|ERROR) ' target/kafka-logs/node-1.log | tail -n 30 || true
  fi
  $kafka stop --now --dir "$dir" 2>/dev/null || true
  rm -rf "$dir"
}

start_node() {
  local said port
  for port in 19092 19192 19292 19392; do
    if said=$($kafka start --dir "$dir" --port $port --while $$ 2>&1); then
      echo "$said"
      export BUTTERQUANT_KAFKA=127.0.0.1:$port BUTTERQUANT_KAFKA_DIR=$dir
      return
    fi
    case $said in *"is taken"*) ;; *) break ;; esac
  done
  echo "$said" >&2
  exit 2
}

part "build" cargo build --release --workspace --all-targets
part "a Kafka node" start_node
# Those that take longest first. A name counts once.
programs=${BUTTERQUANT_PROGRAMS:-}
if [ -z "$programs" ]; then
  first="on_kafka_order_safety kafka_groups on_kafka_security on_kafka"
  others=$(for file in infra/log/tests/kafka*.rs tests/tests/on_kafka*.rs; do basename "$file" .rs; done \
    | grep -vxF -e on_kafka_bench -e on_kafka_cluster -e on_kafka_outage -e "${first// /$'\n'}")
  programs="$first $others on_kafka_cluster on_kafka_outage on_kafka_bench"
fi
[ "${1:-}" != -- ] || shift
export BUTTERQUANT_TEST_ARGS="$*"
# shellcheck disable=SC2086 # words, not one argument
part "tests on Kafka" beside "${BUTTERQUANT_BESIDE:-2}" $programs

if [ "${BUTTERQUANT_CHAOS:-}" != none ]; then
  $kafka stop --now --dir "$dir"
  export BUTTERQUANT_CHAOS="--log kafka3 ${BUTTERQUANT_CHAOS:-}"
  part "chaos on three nodes" beside 1 chaos
fi
