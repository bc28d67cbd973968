#!/bin/sh
# globox 2.9.0: of each class the columns "AR 1", "AR 10" and "AR 100" hold the average precision.
#
# save_csv and show_summary of COCOEvaluator say that they give the standard COCO metrics, class by
# class. In these three columns they put the precision at 1, 10 and 100 detections; "AR S", "AR M"
# and "AR L", and the totals in the last line of the summary, hold the recall. In the tracker
# nothing on this was found.
#
# Shown with Python and pip: 30 images with two classes of boxes of 40x40, half of which are found a
# little off, and as many false detections. The recall of each class is counted here with plain
# loops and by pycocotools, which agree, and COCOEvaluator has it within; the file has another
# number, the very precision that pycocotools finds with as many detections, and so has the
# summary. The column "AR M", the control, has the recall, since all boxes are of medium size. Ends
# with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "globox==2.9.0" "pycocotools==2.0.11"
cat > "$folder/recall.py" <<'PYTHON'
import contextlib
import csv
import importlib.metadata
import io
import random
import sys
from pathlib import Path

from globox import Annotation, AnnotationSet, BoundingBox, COCOEvaluator
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

IMAGES, SIDE, BOX, LIMITS = 30, 400, 40, (1, 10, 100)
CLASSES = {"joker": 1, "tarot": 2}
THRESHOLDS = [0.5 + 0.05 * step for step in range(10)]


def boxes(numbers):
    """The left and top of four boxes of each class of an image, none of which overlap."""
    places = [(100 * column + 20, 100 * row + 20) for row in range(4) for column in range(4)]
    numbers.shuffle(places)
    return [(name, *places.pop()) for name in CLASSES for _ in range(4)]


def overlap(a, b):
    shared = max(0, BOX - abs(a[0] - b[0])) * max(0, BOX - abs(a[1] - b[1]))
    return shared / (2 * BOX * BOX - shared)


def plain_recall(images, name, limit):
    """Share of boxes with a detection of their own among the best ones, on average of all thresholds."""
    shares = []
    for threshold in THRESHOLDS:
        hit = total = 0
        for truth, found in images:
            wanted = [(x, y) for label, x, y in truth if label == name]
            best = sorted((-score, x, y) for label, x, y, score in found if label == name)[:limit]
            total += len(wanted)
            for _, x, y in best:
                near = max(wanted, key=lambda box: overlap(box, (x, y)), default=None)
                if near and overlap(near, (x, y)) >= threshold - 1e-9:
                    wanted.remove(near)
                    hit += 1
        shares.append(hit / total)
    return sum(shares) / len(shares)


numbers = random.Random(5)
images = []
for _ in range(IMAGES):
    truth = boxes(numbers)
    hits = [box for box in truth if numbers.random() < 0.5]
    near = [(name, x + numbers.randrange(8), y, numbers.random()) for name, x, y in hits]
    stray = [(name, x + 30, y + 30, numbers.random()) for name, x, y in hits]
    images.append((truth, near + stray))

annotations, detections, pictures = [], [], []
expected, predicted = AnnotationSet(), AnnotationSet()
for image, (truth, found) in enumerate(images, 1):
    pictures.append({"id": image, "width": SIDE, "height": SIDE, "file_name": f"{image}.png"})
    expected.add(Annotation(f"{image}.png", (SIDE, SIDE)))
    predicted.add(Annotation(f"{image}.png", (SIDE, SIDE)))
    for name, x, y in truth:
        common = {"image_id": image, "category_id": CLASSES[name], "bbox": [x, y, BOX, BOX]}
        annotations.append(common | {"id": len(annotations) + 1, "area": BOX * BOX, "iscrowd": 0})
        box = BoundingBox(label=name, xmin=x, ymin=y, xmax=x + BOX, ymax=y + BOX)
        expected[f"{image}.png"].add(box)
    for name, x, y, score in found:
        detections.append(
            {"image_id": image, "category_id": CLASSES[name], "bbox": [x, y, BOX, BOX], "score": score}
        )
        box = BoundingBox(label=name, xmin=x, ymin=y, xmax=x + BOX, ymax=y + BOX, confidence=score)
        predicted[f"{image}.png"].add(box)

with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO()
    categories = [{"id": number, "name": name} for name, number in CLASSES.items()]
    coco.dataset = {"info": {}, "images": pictures, "annotations": annotations, "categories": categories}
    coco.createIndex()
    judge = COCOeval(coco, coco.loadRes(detections), "bbox")
    judge.evaluate()
    judge.accumulate()
recalls = judge.eval["recall"][:, :, 0].mean(axis=0)
precisions = judge.eval["precision"][:, :, :, 0].mean(axis=(0, 1))

evaluator = COCOEvaluator(ground_truths=expected, predictions=predicted)
table = Path(sys.argv[1]) / "table.csv"
evaluator.save_csv(table)
rows = {row["label"]: row for row in csv.DictReader(table.open())}
shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    evaluator.show_summary()
cells = [line.split("│") for line in shown.getvalue().splitlines()]
shown = {line[1].strip(): [cell.strip() for cell in line[2:-1]] for line in cells if len(line) > 12}

print("globox", importlib.metadata.version("globox"))
seen, controls = [], []
for name, number in CLASSES.items():
    for at, limit in enumerate(LIMITS):
        written = float(rows[name][f"AR {limit}"])
        recall, precision = recalls[number - 1, at], precisions[number - 1, at]
        plain = plain_recall(images, name, limit)
        within = getattr(evaluator, f"ndets_{limit}_evaluation")()[name]["ar"]
        print(f"{name}, AR {limit}: {written:.3f} in the file; counted {plain:.3f}, "
              f"pycocotools {recall:.3f}, its precision {precision:.3f}; COCOEvaluator within {within:.3f}")
        controls += [abs(plain - recall) < 1e-9, abs(within - recall) < 1e-9]
        seen += [abs(written - precision) < 1e-9, abs(written - recall) > 0.01]
    medium = float(rows[name]["AR M"])
    print(f"{name}, AR M: {medium:.3f} in the file")
    controls.append(abs(medium - recalls[number - 1, 2]) < 1e-9)
    seen.append(shown[name][8] == f"{precisions[number - 1, 2]:.2%}")
    print(f"{name}, AR 100 and AR M in the summary: {shown[name][8]} and {shown[name][10]}")
total = recalls[:, 2].mean()
print(f"all, AR 100 in the summary: {shown['Total'][8]}; by pycocotools {total:.2%}")
controls.append(shown["Total"][8] == f"{total:.2%}")
sys.exit(0 if all(seen + controls) else 1)
PYTHON
COLUMNS=200 "$folder/venv/bin/python" "$folder/recall.py" "$folder"
