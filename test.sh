#!/usr/bin/env bash
# Builds everything once and runs every test. The seeded simulation runs 1,000 seeds
# (BUTTERQUANT_SIM_SEEDS sets another number).
set -euo pipefail
cd "$(dirname "$0")"
cargo build --release --workspace
cargo test --release --workspace "$@"
