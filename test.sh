#!/usr/bin/env bash
# Builds everything once and runs every test, test programs side by side. The seeded simulation runs 1,000 seeds
# (BUTTERQUANT_SIM_SEEDS sets another number). Arguments go to `cargo test`, which then runs what they choose.
set -euo pipefail
cd "$(dirname "$0")"
. tests/parts.sh

# With everything that tests need, so that nothing is compiled again when they run.
part "build" cargo build --release --workspace --all-targets
if [ $# -gt 0 ]; then
  part "tests" cargo test --release --workspace "$@"
  exit
fi

# The rooms' own tests are of seconds; those of the room `tests` run the whole program.
rooms=()
for file in schemas/tests/*.rs {models,infra}/*/tests/*.rs {consumers,producers}/tests/*.rs; do
  name=$(basename "$file" .rs)
  # A name that the room `tests` has too is run there, in both.
  [ ! -e "$file" ] || [ -e "tests/tests/$name.rs" ] || rooms+=(--test "$name")
done
part "tests of the rooms" cargo test --release --workspace --lib --bins --examples "${rooms[@]}"
part "examples in the documentation" cargo test --release --workspace --doc
# shellcheck disable=SC2046 # words, not one argument
part "test programs" beside "${BUTTERQUANT_BESIDE:-2}" $(programs)
