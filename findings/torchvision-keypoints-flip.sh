#!/bin/sh
# torchvision 0.29.2 (torch 2.15.0): a flip moves keypoints to a pixel beside where it moves the
# image and its boxes; a rotation does not.
#
# The documentation says that keypoints are points of an image, by x and y, and that polygons may
# be held so; whether 0 is the edge or the middle of the first pixel it does not say. For either
# answer one of both transforms is wrong, and the two flips together, which are half a turn, put
# them elsewhere than half a turn. In the tracker there are reports on the clamping of keypoints;
# none on this was found.
#
# Shown with Python and pip: an image of 64x48 with one card, its box, and its corners as
# keypoints. Plain arithmetic says where the card is after a flip and after half a turn: image and
# box are there each time, the corners after half a turn, a quarter turn and a resize. After a flip
# they are off by one pixel. If instead a keypoint is the index of a pixel, then the flips are
# right, and half a turn is off by one. Either way SanitizeKeyPoints then drops a point that is in
# the image as one outside of it. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.15.0" "torchvision==0.29.2"
cat > "$folder/flips.py" <<'PYTHON'
import sys

import torch
import torchvision
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional
from torchvision.tv_tensors import BoundingBoxes, Image, KeyPoints

WIDE, HIGH = 64, 48
CARD = (10, 20, 25, 31)


def lit(left, top, right, bottom):
    """An image that is black but for one rectangle."""
    pixels = torch.zeros(1, HIGH, WIDE, dtype=torch.uint8)
    pixels[:, top:bottom, left:right] = 255
    return Image(pixels)


def points(*pairs):
    return KeyPoints(torch.tensor(pairs, dtype=torch.float64), canvas_size=(HIGH, WIDE))


def found(image):
    """The edges of what is lit: left, top, right, bottom."""
    rows, columns = image[0].nonzero(as_tuple=True)
    return [columns.min().item(), rows.min().item(), columns.max().item() + 1, rows.max().item() + 1]


def rounded(numbers):
    return [round(number, 6) + 0.0 for number in numbers]


def around(keypoints):
    """The edges of the upright box around keypoints."""
    return rounded(keypoints.amin(0).tolist() + keypoints.amax(0).tolist())


def both(sample):
    return functional.vertical_flip(functional.horizontal_flip(sample))


def half(sample):
    return functional.rotate(sample, 180)


def quarter(sample):
    return functional.rotate(sample, 90, expand=True)


def double(sample):
    return functional.resize(sample, [2 * HIGH, 2 * WIDE])


left, top, right, bottom = CARD
mirrored, below = (WIDE - right, WIDE - left), (HIGH - bottom, HIGH - top)
turned = [mirrored[0], below[0], mirrored[1], below[1]]
transforms = [
    ("horizontal flip", functional.horizontal_flip, [mirrored[0], top, mirrored[1], bottom]),
    ("vertical flip", functional.vertical_flip, [left, below[0], right, below[1]]),
    ("both flips", both, turned),
    ("half a turn", half, turned),
    ("quarter turn", quarter, [top, WIDE - right, bottom, WIDE - left]),
    ("resize to twice", double, [2 * number for number in CARD]),
]

print("torchvision", torchvision.__version__, "with torch", torch.__version__)
print(f"a card with its edges at {CARD} in an image of {WIDE}x{HIGH}")
corners = points((left, top), (right, top), (right, bottom), (left, bottom))
box = BoundingBoxes(torch.tensor([CARD], dtype=torch.float64), format="XYXY", canvas_size=(HIGH, WIDE))
off = {}
for name, transform, wanted in transforms:
    box_after, corners_after = rounded(transform(box)[0].tolist()), around(transform(corners))
    off[name] = [a - b for a, b in zip(corners_after, wanted)]
    print(f"{name}: by arithmetic {wanted}; box {box_after}; around the corners {corners_after}")
    assert box_after == wanted, box_after
    # What a resize makes of the rim of the card is a blend.
    assert transform is double or found(transform(lit(*CARD))) == wanted

print("a keypoint that is the index of a pixel, and where that pixel is:")
pixel = {}
for name, transform, _ in transforms[:4]:
    x, y = found(transform(lit(left, top, left + 1, top + 1)))[:2]
    after = around(transform(points((left, top))))[:2]
    pixel[name] = [after[0] - x, after[1] - y]
    print(f"{name}: pixel ({x}, {y}), keypoint {after}")

print("what SanitizeKeyPoints keeps of a point before and after a transform:")
kept = []
for name, transform, point in [
    ("horizontal flip", functional.horizontal_flip, (WIDE - 0.5, 20)),
    ("half a turn", half, (0, 0)),
]:
    before = points(point)
    after = transform(before)
    kept.append([len(v2.SanitizeKeyPoints()(sample)) for sample in (before, after)])
    print(f"{name}: {before[0].tolist()} {kept[-1][0]}, {after[0].tolist()} {kept[-1][1]}")

wrong = off["horizontal flip"] == [-1, 0, -1, 0] and off["vertical flip"] == [0, -1, 0, -1]
wrong = wrong and off["both flips"] == [-1, -1, -1, -1] and pixel["half a turn"] == [1, 1]
controls = not any(off["half a turn"] + off["quarter turn"] + off["resize to twice"])
controls = controls and not any(pixel["horizontal flip"] + pixel["vertical flip"] + pixel["both flips"])
sys.exit(0 if wrong and controls and kept == [[1, 0], [1, 0]] else 1)
PYTHON
"$folder/venv/bin/python" "$folder/flips.py"
