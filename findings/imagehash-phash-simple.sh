#!/bin/sh
# ImageHash 4.3.2: phash_simple looks at the top quarter of an image only.
#
# Its documentation says that it follows a description in which the two-dimensional cosine
# transform of 32x32 pixels is taken and its 8x8 lowest frequencies make the hash. It transforms
# the rows alone, so that the first eight rows of the result are no low frequencies but the first
# eight rows of pixels. That it transforms once is said in its tracker; what follows from it is
# not.
#
# Shown with Python and pip: 40 images of 96x96, each of thirty rectangles of random place and
# shade. When all below the first 40 rows is taken from another image, phash_simple gives the very
# same hash for each of them; phash and average_hash, the controls, give another for each. With
# the transform along both axes, the rest as the function has it, the hashes differ as well. Ends
# with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "ImageHash==4.3.2"
cat > "$folder/hashes.py" <<'PYTHON'
import importlib.metadata
import random
import sys

import imagehash
import numpy
import scipy.fftpack
from PIL import Image, ImageDraw

SIDE, KEPT, PAIRS = 96, 40, 40


def picture(seed):
    """One of rectangles."""
    numbers = random.Random(seed)
    image = Image.new("L", (SIDE, SIDE), numbers.randrange(256))
    brush = ImageDraw.Draw(image)
    for _ in range(30):
        left, top = numbers.randrange(SIDE), numbers.randrange(SIDE)
        right, bottom = left + numbers.randrange(8, 48), top + numbers.randrange(8, 48)
        brush.rectangle((left, top, right, bottom), fill=numbers.randrange(256))
    return image


def both_axes(image):
    """The hash as described: the transform along both axes."""
    pixels = numpy.asarray(image.resize((32, 32), Image.Resampling.LANCZOS))
    low = scipy.fftpack.dct(scipy.fftpack.dct(pixels, axis=0), axis=1)[:8, 1:9]
    return imagehash.ImageHash(low > low.mean())


print("ImageHash", importlib.metadata.version("ImageHash"))
pairs = []
for seed in range(PAIRS):
    one, other = picture(2 * seed), picture(2 * seed + 1)
    mixed = other.copy()
    mixed.paste(one.crop((0, 0, SIDE, KEPT)), (0, 0))
    pairs.append((one, mixed))
changed = numpy.mean([(numpy.asarray(one) != numpy.asarray(mixed)).mean() for one, mixed in pairs])
print(f"{PAIRS} pairs of images of which {100 * changed:.0f} % of the pixels differ, all below row {KEPT}")
same = {}
for name, hashed in [
    ("phash_simple", imagehash.phash_simple),
    ("phash", imagehash.phash),
    ("average_hash", imagehash.average_hash),
    ("both axes", both_axes),
]:
    bits = [hashed(one) - hashed(mixed) for one, mixed in pairs]
    same[name] = bits.count(0)
    print(f"{name}: {same[name]} pairs have one hash; {numpy.mean(bits):.1f} of 64 bits differ on average")
controls = same["phash"] == same["average_hash"] == same["both axes"] == 0
sys.exit(0 if same["phash_simple"] == PAIRS and controls else 1)
PYTHON
"$folder/venv/bin/python" "$folder/hashes.py"
