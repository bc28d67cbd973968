#!/bin/sh
# label-studio-sdk 2.1.2: of a rotated rectangle its COCO export has a box at a wrong place,
# unless the image is square.
#
# A rectangle's place and size are percentages of the image, its rotation is in degrees about its
# corner. The SDK describes COCO as the format "for object detection and image segmentation tasks
# with polygons and rectangles", and the tracker has rotation in the export as mended since 2022.
# The converter turns the percentages, as if one percent of the width were as many pixels as one
# of the height; its YOLO OBB export of the same task turns pixels.
#
# Shown with Python and pip: one rectangle of 60x40 pixels, turned by 30 degrees, in an image of
# 200x100 and in one of 200x200. The corners of the OBB export are those that plain trigonometry
# gives in both. The COCO box is the one around them in the square image alone: in the wide one it
# is 20 pixels off at the left and 15 at the bottom, so that it cuts off a corner of the
# rectangle. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "label-studio-sdk==2.1.2"
cat > "$folder/export.py" <<'PYTHON'
import importlib.metadata
import json
import math
import pathlib
import sys
import tempfile

from label_studio_sdk.converter import Converter

CONFIG = """<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="label" toName="image"><Label value="fox"/></RectangleLabels>
</View>"""
LEFT, TOP, WIDTH, HEIGHT, DEGREES = 60, 20, 60, 40, 30


def exported(wide, high):
    """The box of the COCO export and the corners of the OBB export, in pixels."""
    value = {
        "x": 100 * LEFT / wide, "y": 100 * TOP / high, "width": 100 * WIDTH / wide, "height": 100 * HEIGHT / high,
        "rotation": DEGREES, "rectanglelabels": ["fox"],
    }
    region = {
        "id": "r1", "type": "rectanglelabels", "from_name": "label", "to_name": "image",
        "original_width": wide, "original_height": high, "image_rotation": 0, "value": value,
    }
    folder = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[1]))
    tasks = folder / "tasks.json"
    tasks.write_text(json.dumps([{"id": 1, "data": {"image": "/data/upload/a.png"}, "annotations": [{"id": 1, "result": [region]}]}]))
    converter = Converter(CONFIG, str(folder), download_resources=False)
    converter.convert_to_coco(str(tasks), str(folder / "coco"), is_dir=False)
    converter.convert_to_yolo(str(tasks), str(folder / "obb"), is_dir=False, is_obb=True)
    coco = json.loads((folder / "coco/result.json").read_text())
    left, top, width, height = coco["annotations"][0]["bbox"]
    numbers = [float(word) for word in next((folder / "obb").rglob("a.txt")).read_text().split()[1:]]
    corners = [(x * wide, y * high) for x, y in zip(numbers[::2], numbers[1::2])]
    return [left, top, left + width, top + height], corners


def around(corners):
    """The upright box around corners."""
    across, down = zip(*corners)
    return [min(across), min(down), max(across), max(down)]


def apart(one, other):
    return max(abs(a - b) for a, b in zip(one, other))


def say(box):
    return ", ".join(f"{round(number, 1) + 0.0:.1f}" for number in box)


print("label-studio-sdk", importlib.metadata.version("label-studio-sdk"))
cosine, sine = math.cos(math.radians(DEGREES)), math.sin(math.radians(DEGREES))
sides = [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)]
right = around([(LEFT + x * cosine - y * sine, TOP + x * sine + y * cosine) for x, y in sides])
print("by trigonometry, left, top, right, bottom:", say(right))
off = {}
for wide, high in [(200, 200), (200, 100)]:
    coco, corners = exported(wide, high)
    print(f"image of {wide}x{high}: around the OBB export {say(around(corners))}; COCO export {say(coco)}")
    assert apart(around(corners), right) < 0.01, corners
    off[high] = [a - b for a, b in zip(coco, right)]
print("the COCO export of the wide image is off by", say(off[100]))
wrong = abs(off[100][0] + 20) < 0.1 and abs(off[100][3] + 15) < 0.1
sys.exit(0 if wrong and max(map(abs, off[200])) < 0.01 else 1)
PYTHON
"$folder/venv/bin/python" "$folder/export.py" "$folder" 2> "$folder/log" || { status=$?; cat "$folder/log"; exit "$status"; }
