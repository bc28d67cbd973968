#!/usr/bin/env bash
# Trains an identifier on composed captures for two epochs, writes its report, and reads what both put into
# TensorBoard's events with the package `tensorboard` itself. Ends with an error at the first thing that is not there.
#
#     PYTHON=venv/bin/python bash scripts/check_tensorboard.sh [TRAINER] [FOLDER]
#
# Needs the package tensorboard. No art of a game is needed; it takes a minute.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
trainer=$(realpath "${1:-$here/target/debug/trainer}")
place=${2:-$(mktemp -d)}
python=$(realpath -s "$(command -v "${PYTHON:-python3}")")
mkdir -p "$place" && cd "$place"
export BALATRO_LENS_DATA=$here/data

rm -rf set run && "$trainer" scenes --recipe "$here/data/recipes/practice.toml" --labelled set --classes 6 --groups 4 --captures 2
"$trainer" train identifier --data set --game practice --run run --epochs 2 --validation 0.25 --device cpu
"$trainer" evaluate --run run --data set --game practice --failures run/failures --out evaluation.json
"$trainer" report --run run --evaluation evaluation.json
"$python" "$here/scripts/check_tensorboard.py" run
