#!/usr/bin/env bash
# Exports composed scenes and captures in every format, reads each with the tool that it is for, and imports the labels
# back. Prints a line for each check, and ends with an error at the first that fails.
#
#     PYTHON=venv/bin/python bash scripts/check_exports.sh [TRAINER] [FOLDER]
#
# Needs ultralytics (and torch), pycocotools, supervision, label-studio-sdk, torchvision and datasets; `EPOCHS=0` leaves
# out the trainings of one epoch, which take a minute each. No art of a game is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
trainer=$(realpath "${1:-$here/target/debug/trainer}")
place=${2:-$(mktemp -d)}
python=$(realpath -s "$(command -v "${PYTHON:-python3}")")
mkdir -p "$place" && cd "$place"
export BALATRO_LENS_DATA=$here/data YOLO_OFFLINE=1 HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1

recipe=$here/data/recipes/practice.toml
for format in yolo yolo-obb yolo-pose coco label-studio csv huggingface; do
    rm -rf "scenes-$format"
    "$trainer" export-dataset --format $format --scenes "${SCENES:-12}" --validation 0.25 --recipe "$recipe" --out "scenes-$format"
done
rm -rf captures && "$trainer" scenes --recipe "$recipe" --labelled captures --classes 4 --groups 4 --captures 2
for format in yolo coco label-studio imagefolder csv huggingface; do
    rm -rf "captures-$format"
    "$trainer" export-dataset --format $format --data captures --game practice --out "captures-$format"
done
"$python" "$here/scripts/check_exports.py" --epochs "${EPOCHS:-1}"

# Back again: every card of the scenes is found, and a second import finds nothing new.
import() {
    rm -rf back && "$trainer" import-labels "$@" --game practice --captures back/captures --data back/labels --lines 1
    "$trainer" import-labels "$@" --game practice --captures back/captures --data back/labels --lines 1 --dry-run | tail -1
}
import scenes-yolo --format yolo
import scenes-yolo-obb --format yolo
import scenes-yolo-pose --format yolo
import scenes-coco/annotations/train.json --format coco
import scenes-label-studio/tasks-train.json --format label-studio --images scenes-label-studio/images/train
import captures-imagefolder --format folders
import captures --format folders
echo "all formats were read"
