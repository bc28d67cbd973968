#!/bin/sh
# OpenCV 5.0.0 (opencv-python-headless 5.0.0.93): both functions for the overlap of two rotated
# rectangles can give wrong figures when the rectangles share their angle.
#
# The documentation says that rotatedRectangleIntersection returns the vertices of the
# intersecting region, and that intersectConvexConvex returns the absolute value of its area.
# Pairs for which the first was wrong have been reported and mended before; these are others.
#
# Shown with Python and pip: seen along their own sides, two rectangles of one angle are upright,
# and plain arithmetic gives their overlap. Of the first pair a corner is missing and half of the
# overlap is found; of the second pair, where the small one lies wholly inside the large one, the
# first function finds more than the whole of the small one and the second finds nothing. The same
# pairs, turned to 0 degrees, are right. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "opencv-python-headless==5.0.0.93"
cat > "$folder/overlap.py" <<'PYTHON'
import math
import sys

import cv2
import numpy

PAIRS = [
    (((3, 6), (22, 14), 45), ((5, 4), (22, 24), 45)),
    (((2, 16), (30, 28), 30), ((2, 12), (26, 10), 30)),
]


def upright(one, other):
    """The same pair, seen along the sides of both: the first at the origin."""
    (x, y), size, angle = one
    (other_x, other_y), other_size, _ = other
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    right, down = other_x - x, other_y - y
    centre = (right * cosine + down * sine, down * cosine - right * sine)
    return ((0, 0), size, 0), (centre, other_size, 0)


def arithmetic(one, other):
    """The area of their overlap: what they have in common along each side."""
    (_, size, _), (centre, other_size, _) = upright(one, other)
    common = [
        max(0, min(a / 2, at + b / 2) - max(-a / 2, at - b / 2)) for a, b, at in zip(size, other_size, centre)
    ]
    return common[0] * common[1]


def rotated(one, other):
    """By the function for rotated rectangles."""
    _, points = cv2.rotatedRectangleIntersection(one, other)
    return 0.0 if points is None else cv2.contourArea(cv2.convexHull(points))


def convex(one, other):
    """By the function for convex polygons."""
    area, _ = cv2.intersectConvexConvex(cv2.boxPoints(one), cv2.boxPoints(other))
    return area


print("OpenCV", cv2.__version__)
seen = []
for pair in PAIRS:
    right = arithmetic(*pair)
    found, polygons = rotated(*pair), convex(*pair)
    print(f"{pair}: {right:.1f}; rotatedRectangleIntersection {found:.1f}, intersectConvexConvex {polygons:.1f}")
    control = [rotated(*upright(*pair)), convex(*upright(*pair))]
    print(f"  turned to 0 degrees: {control[0]:.1f} and {control[1]:.1f}")
    assert numpy.allclose(control, right, rtol=0.001), control
    seen.append((right, found, polygons))
(first, half, _), (second, more, nothing) = seen
smaller = PAIRS[1][1][1]
print(f"all of the smaller rectangle of the second pair: {smaller[0] * smaller[1]}")
wrong = abs(half - first / 2) < 0.1 and more > 1.5 * smaller[0] * smaller[1] and nothing == 0
sys.exit(0 if wrong else 1)
PYTHON
"$folder/venv/bin/python" "$folder/overlap.py"
