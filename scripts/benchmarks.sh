#!/usr/bin/env bash
# Measures what docs/benchmarks.md says, in its order, in one go, on a machine that does nothing else.
#
#     BALATRO_LENS_ART=art bash scripts/benchmarks.sh FOLDER
#
# What it prints is kept in FOLDER, which must be new. Programs and tests must be built (`cargo xtask test`), and Xvfb and
# openbox be installed. What is not there is skipped, and said:
#
#   BALATRO_LENS_ART   screenshots with truth, and the textures of the game; PYTHON then needs Pillow
#   MODS               a Mods folder, for the cards of mods
#   PEER_ONNX          a detector with one input of 1x3x640x640; PYTHON then needs onnxruntime
#   EARLIER            a checkout of an earlier version in which `overlay` was built, timed beside this one
#   ENROLMENT          a model whose recipe held cards out
#   PYTORCH            a Python that has torch
#
# ROUNDS says how often times are measured in turn: 3 times, when nothing is said.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?give the folder for what is printed}
mkdir "$folder"
folder=$(realpath "$folder")
art=${BALATRO_LENS_ART:-} mods=${MODS:-} peer=${PEER_ONNX:-} earlier=${EARLIER:-} enrolment=${ENROLMENT:-}
python=${PYTHON:-python3} rounds=${ROUNDS:-3}
overlay=$PWD/target/debug/overlay trainer=$PWD/target/debug/trainer

# measure NAME COMMAND...: runs it, and keeps what it prints.
measure() {
    local name=$1
    shift
    printf '\n== %s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee "$folder/$name.txt"
}

skip() { printf '\n== SKIPPED: %s\n' "$*"; }

{ uname -srm; grep -m1 'model name' /proc/cpuinfo; nproc; git describe --always --dirty; date; } | tee "$folder/machine.txt"

if [[ -n "$art" ]]; then
    screens=("$art/truth.json" "$art/truth-more.json" "$art/screens")
    measure screenshots "$overlay" score "${screens[@]}" --mods none --show
    measure deck-views-made "$python" scripts/deck_views.py "$art" "$folder/deck-views"
    measure deck-views "$overlay" score "$folder/deck-views/truth.json" "$folder/deck-views" --mods none --show
    measure modded "$overlay" score "$art/modded/truth.json" "$art/modded" --mods none --show
    if [[ -n "$mods" ]]; then
        measure mods-read "$overlay" mods "$mods"
        measure modded-with-mods "$overlay" score "$art/modded/truth.json" "$art/modded" --mods "$mods" --show
        measure screenshots-with-mods "$overlay" score "${screens[@]}" --mods "$mods" --show
        # Each screenshot of a mod without that mod: its cards are unknown then.
        for image in "$art"/modded/*.jpg; do
            name=$(basename "$image" .jpg)
            rm -rf "$folder/other-mods"
            cp -r "$mods" "$folder/other-mods"
            rm -rf "$folder/other-mods/${name%_*}"
            "$python" - "$art/modded/truth.json" "$name" >"$folder/one.json" <<'ONE'
import json, sys

with open(sys.argv[1]) as file:
    print(json.dumps({sys.argv[2]: json.load(file)[sys.argv[2]]}))
ONE
            measure "without-$name" "$overlay" score "$folder/one.json" "$art/modded" --mods "$folder/other-mods" --show
        done
        rm -rf "$folder/other-mods" "$folder/one.json"
    else
        skip "cards of mods with their mods: MODS names no folder"
    fi
else
    skip "screenshots, deck views, cards of mods: BALATRO_LENS_ART names no folder"
fi
measure practice-deck-views cargo nextest run --workspace --test deck_view --no-capture

for round in $(seq "$rounds"); do
    measure "bench-$round" "$overlay" bench --runs 100
    if [[ -n "$earlier" ]]; then
        measure "bench-earlier-$round" env -C "$earlier" target/debug/overlay bench --runs 100
    fi
    [[ -z "$peer" ]] || measure "peer-$round" "$python" - "$peer" <<'PEER'
import statistics, sys, time
import numpy, onnxruntime

for threads in (1, 2):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: numpy.random.rand(1, 3, 640, 640).astype("float32")}
    times = []
    for run in range(43):
        start = time.perf_counter()
        session.run(None, feed)
        times.append((time.perf_counter() - start) * 1e3)
    print(f"{threads} thread(s): median {statistics.median(times[3:]):.1f} ms, least {min(times[3:]):.1f}")
PEER
done
[[ -n "$peer" ]] || skip "a peer's detector: PEER_ONNX names no network"
[[ -n "$earlier" ]] || skip "an earlier version: EARLIER names no checkout"
[[ -z "$mods" ]] || measure bench-with-mods "$overlay" bench --runs 100 --mods "$mods"

# A display of its own: Xvfb writes its number into a file.
exec 3>"$folder/display"
Xvfb -displayfd 3 -screen 0 1920x1200x24 >/dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
until [[ -s "$folder/display" ]]; do sleep 0.1; done
DISPLAY=:$(<"$folder/display")
export DISPLAY
openbox --sm-disable >/dev/null 2>&1 &

# table SIZE: a practice table that stands still.
table() {
    "$overlay" practice --size "$1" --still 3 >/dev/null 2>&1 &
    table=$!
    sleep 5
}
table 1920x1080
for round in $(seq "$rounds"); do
    measure "capture-$round" "$overlay" bench-capture --title "practice table" --count 200
done
kill $table
table 1280x720
for round in 1 2 3 4; do
    measure "start-$round" "$overlay" --model practice --source "window:Balatro Lens practice table" --seconds 4
done
"$overlay" --model practice --source "window:Balatro Lens practice table" --seconds 14 >/dev/null 2>&1 &
running=$!
sleep 10
measure memory grep -E '^(Rss|Pss|Pss_Anon|Pss_File):' /proc/$running/smaps_rollup
wait $running
kill $table

for seed in 1 2 3; do
    measure "practice-$seed" "$overlay" offscreen --seconds 12 --seed $seed --out "$folder/practice-$seed.png"
done
for round in $(seq "$rounds"); do
    measure "live-$round" cargo test --quiet --workspace --test e2e_x11 -- boxes game_keeps steady
done
measure tracks cargo nextest run --workspace --test tracks --no-capture
measure changes cargo nextest run --workspace --test changes --no-capture
if [[ -n "$enrolment" ]]; then
    measure enrolment "$trainer" evaluate --model "$enrolment" --taught
else
    skip "enrolment: ENROLMENT names no model"
fi
if [[ -n "${PYTORCH:-}" ]]; then
    measure training cargo xtask bench --trainer --pytorch "$PYTORCH"
else
    measure training cargo xtask bench --trainer
fi
printf '\nall of it is in %s\n' "$folder"
