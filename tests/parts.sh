# Sourced by the scripts that check: runs the parts of a check, keeps how long each took, and prints that
# as a table when the outermost script ends, well or not.
#
#   part NAME COMMAND...          one part after the other; the first that fails ends the script
#   beside N PROGRAM...           test programs, N at a time, through `cargo test`; all are run though one fails
#   BUTTERQUANT_TEST_ARGS         what each test program is given, such as `--skip NAME`
#
# Programs named in `measuring` hold figures against limits, or a busy machine makes them late: on_kafka_cluster starts
# three nodes for one test; a busy node that is started again after kill -9, as in on_kafka_outage, may answer from half
# of its group offsets (ARCHITECTURE.md). They wait until no other test program runs, of any script of the same check,
# and none begins before they have ended.

measuring=" models hot_swap on_kafka_bench on_kafka_cluster on_kafka_outage "

# Tests on Kafka that take too long for every change: `.ci/run` skips them, `tests/long` runs them.
long_programs="on_kafka_outage on_kafka_order_safety on_kafka_bench"
long_tests="given_kills_at_any_moment a_minute_without_a_broker what_a_broker_leaves_open and_fenced_on_the_log a_broker_killed_before
  a_halt_uses_up scorers_held_to_a_rate kafka_streams_does_the_same_hop offsets_set_by_kafkas_own_tools"

outermost=''
if [ -z "${BUTTERQUANT_PARTS:-}" ]; then
  outermost=yes BUTTERQUANT_PARTS=$(mktemp -d)
  export BUTTERQUANT_PARTS
fi
began_parts=$SECONDS
running=''
trap 'end_of_parts $?' EXIT

# For what else a script has to do at its end.
at_end() { :; }

row() { printf '%6d.%d  %s\n' $(($2 / 60)) $(($2 % 60 / 6)) "$1" >>"$BUTTERQUANT_PARTS/table"; }

end_of_parts() {
  trap - EXIT
  at_end
  [ -z "$running" ] || row "$running: FAILED" $((SECONDS - began_part))
  if [ -n "$outermost" ]; then
    row "all" $((SECONDS - began_parts))
    printf '\n minutes  part\n'
    cat "$BUTTERQUANT_PARTS/table"
    rm -rf "$BUTTERQUANT_PARTS"
  fi
  exit "$1"
}

part() {
  running=$1 began_part=$SECONDS
  printf '\n== %s (%ss)\n' "$1" $((SECONDS - began_parts))
  shift
  "$@"
  row "$running" $((SECONDS - began_part))
  running=''
}

alone_or_not() {
  local how=-s
  case $measuring in *" $1 "*) how=-x ;; esac
  shift
  if command -v flock >/dev/null; then flock $how "$BUTTERQUANT_PARTS/quiet" "$@"; else "$@"; fi
}

# One test program; what it printed is shown when it has ended.
program() {
  local name=$1 began=$SECONDS log="$BUTTERQUANT_PARTS/$1.log" ended=well words
  read -ra words <<<"${BUTTERQUANT_TEST_ARGS:-}"
  [ "$name" != chaos ] || read -ra words <<<"${BUTTERQUANT_CHAOS:-}"
  alone_or_not "$name" cargo test --release --workspace --test "$name" -- ${words[@]+"${words[@]}"} \
    >"$log" 2>&1 </dev/null || ended=FAILED
  printf '\n-- %s %s\n' "$name" "$ended"
  cat "$log"
  row "  $name$([ $ended = well ] || echo ": FAILED")" $((SECONDS - began))
  [ $ended = well ] || echo "$name" >>"$BUTTERQUANT_PARTS/failed-$$"
}

beside() {
  local at_once=$1 name failed="$BUTTERQUANT_PARTS/failed-$$"
  shift
  for name; do
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do sleep 0.2; done
    program "$name" &
  done
  wait
  [ ! -e "$failed" ] || { echo "failed: $(tr '\n' ' ' <"$failed")" >&2; return 1; }
}

# Every test program of the room `tests` but those on Kafka, those that take longest first; the measuring ones
# last, where they need not wait for others.
programs() {
  local first="chaos simulation order_safety retrain learning poison kill" name found
  found=$(cd tests/tests && printf '%s\n' *.rs | sed 's/\.rs$//' | grep -v '^on_kafka')
  for name in $first; do echo "$name"; done
  for name in $found; do
    case " $first$measuring" in *" $name "*) ;; *) echo "$name" ;; esac
  done
  for name in $measuring; do
    case $name in on_kafka*) ;; *) echo "$name" ;; esac
  done
}
