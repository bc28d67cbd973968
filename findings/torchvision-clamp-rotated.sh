#!/bin/sh
# torchvision 0.29.2 (torch 2.15.0): clamped softly, a box that is turned by a few hundredths of a
# degree, one way, comes out without a size.
#
# The documentation says that soft clamping, the default, clamps a box to the image less strictly
# than the hard one. The tracker says what it gives: the smallest box of the same angle around the
# part that is in the image, with its centre always in the image. For boxes that reach past an
# edge and are turned by -0.02 degrees neither is so. No report on this was found there.
#
# Shown with Python and pip: plain arithmetic cuts the box at the edges of the image and measures
# what is left along the box's own sides. At 0, at 0.02 and at -1 degrees torchvision gives the
# very same; at -0.02 every box of 200, 50 at each edge, comes out less than a hundredth of a
# pixel wide and high, and those at the bottom lie outside of the image. All of it is in double
# precision. The same happens when an upright box is rotated by -0.02 degrees with its image. Ends
# with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.15.0" "torchvision==0.29.2"
cat > "$folder/clamp.py" <<'PYTHON'
import math
import random
import sys

import torch
import torchvision
from torchvision.transforms.v2 import functional
from torchvision.tv_tensors import BoundingBoxes

WIDE, HIGH, EACH = 640, 480, 50
EDGES = ["left", "top", "right", "bottom"]


def boxes(box):
    return BoundingBoxes(torch.tensor([box], dtype=torch.float64), format="CXCYWHR", canvas_size=(HIGH, WIDE))


def clamped(box):
    return functional.clamp_bounding_boxes(boxes(box), clamping_mode="soft")[0].tolist()


def cut(polygon, axis, limit, sign):
    """The part of a convex polygon that is on one side of an edge of the image."""
    kept = []
    for one, other in zip(polygon, polygon[1:] + polygon[:1]):
        if sign * one[axis] <= sign * limit:
            kept.append(one)
        if (one[axis] - limit) * (other[axis] - limit) < 0:
            share = (limit - one[axis]) / (other[axis] - one[axis])
            kept.append(tuple(a + share * (b - a) for a, b in zip(one, other)))
    return kept


def arithmetic(box):
    """The smallest box of the same angle around what is in the image."""
    x, y, width, height, angle = box
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    sides = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    polygon = [(x + a * cosine + b * sine, y - a * sine + b * cosine) for a, b in sides]
    for axis, limit, sign in [(0, 0, -1), (0, WIDE, 1), (1, 0, -1), (1, HIGH, 1)]:
        polygon = cut(polygon, axis, limit, sign)
    across = [x * cosine - y * sine for x, y in polygon]
    down = [x * sine + y * cosine for x, y in polygon]
    a, b = (min(across) + max(across)) / 2, (min(down) + max(down)) / 2
    return [a * cosine + b * sine, b * cosine - a * sine, max(across) - min(across), max(down) - min(down), angle]


def past(edge, numbers):
    """Place and size of a box of which a tenth to four tenths are past an edge."""
    width, height, share = numbers.uniform(60, 100), numbers.uniform(60, 100), numbers.uniform(0.1, 0.4)
    x, y = numbers.uniform(150, WIDE - 150), numbers.uniform(150, HIGH - 150)
    x = {"left": width * (0.5 - share), "right": WIDE - width * (0.5 - share)}.get(edge, x)
    y = {"top": height * (0.5 - share), "bottom": HIGH - height * (0.5 - share)}.get(edge, y)
    return x, y, width, height


def right(got, wanted):
    """Whether two boxes are the same, to a thousandth; half a turn makes no difference."""
    turned = abs((got[4] - wanted[4] + 90) % 180 - 90)
    return max(abs(a - b) for a, b in zip(got[:4], wanted[:4])) < 0.001 and turned < 0.001


def nothing(box):
    return box[2] < 0.01 and box[3] < 0.01


def inside(box):
    return 0 <= box[0] <= WIDE and 0 <= box[1] <= HIGH


def say(box):
    return ", ".join(f"{round(number, 2) + 0.0:.2f}" for number in box)


print("torchvision", torchvision.__version__, "with torch", torch.__version__)
print(f"image of {WIDE}x{HIGH}; boxes by centre, size and angle in degrees")
for angle in [0, 0.1, 0.02, -0.02, -0.1, -1]:
    box = (320, 460, 71, 95, angle)
    print(f"{box}: by arithmetic {say(arithmetic(box))}; torchvision {say(clamped(box))}")

count = {}
for angle in [0, 0.02, -1, -0.02]:
    numbers = random.Random(1)
    for edge in EDGES:
        pairs = [(clamped(box), arithmetic(box)) for box in ((*past(edge, numbers), angle) for _ in range(EACH))]
        assert all(inside(wanted) for _, wanted in pairs)
        count[angle, edge] = (
            sum(right(got, wanted) for got, wanted in pairs),
            sum(nothing(got) for got, _ in pairs),
            sum(not inside(got) for got, _ in pairs),
        )
        good, sizeless, outside = count[angle, edge]
        print(f"{EACH} boxes past the {edge}, {angle} degrees: {good} right, {sizeless} without a size, {outside} outside")

rotated = functional.rotate(boxes((320, 460, 71, 95, 0)), -0.02)[0].tolist()
print("an upright box rotated by -0.02 degrees with its image:", say(rotated))
controls = all(count[angle, edge] == (EACH, 0, 0) for angle in [0, 0.02, -1] for edge in EDGES)
wrong = all(count[-0.02, edge][:2] == (0, EACH) for edge in EDGES) and count[-0.02, "bottom"][2] == EACH
sys.exit(0 if controls and wrong and nothing(rotated) else 1)
PYTHON
"$folder/venv/bin/python" "$folder/clamp.py"
