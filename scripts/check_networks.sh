#!/usr/bin/env bash
# Makes networks with Ultralytics, RF-DETR and transformers in every form that they export, and imports each.
#
#     PYTHON=venv/bin/python bash scripts/check_networks.sh [TRAINER] [FOLDER]
#
# Needs ultralytics, torch, torchvision and onnx, and takes rfdetr and transformers where they are; ONNX Runtime is the
# one that `cargo xtask setup` installs. The networks have random weights, so no card is found: what is checked is that
# each is understood as what it is, and runs.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
trainer=$(realpath "${1:-$here/target/debug/trainer}")
place=${2:-$(mktemp -d)}
python=$(realpath -s "$(command -v "${PYTHON:-python3}")")
mkdir -p "$place" && cd "$place"
export BALATRO_LENS_DATA=$here/data YOLO_OFFLINE=1

"$python" "$here/scripts/check_networks.py"
count=0
for network in *.onnx second/*.onnx; do
    rm -rf model
    "$trainer" import-model --detector "$network" --base practice --name check --out model --sample noise/images | grep -m1 "^detector:" | sed "s|^|$network: |"
    count=$((count + 1))
done
echo "all $count networks were imported"
