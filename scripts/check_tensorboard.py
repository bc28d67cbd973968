"""Reads a run's events with TensorBoard's own package and compares them with what the run's files say.

    python scripts/check_tensorboard.py RUN
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

PNG = b"\x89PNG\r\n\x1a\n"


def read(folder):
    # Zero keeps all images, not only the last few.
    return EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0}).Reload()


def image(events, tag):
    """The last image of a tag, which must be a PNG of the size that is told."""
    last = events.Images(tag)[-1]
    content = last.encoded_image_string
    assert content.startswith(PNG), tag
    size = [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)]
    assert size == [last.width, last.height] and min(size) > 10, (tag, size, last.width, last.height)
    print(f"ok: image {tag}, {last.width} x {last.height}, step {last.step}")


run = Path(sys.argv[1])
print("tensorboard", version("tensorboard"))
epochs = [json.loads(line) for line in (run / "identifier.epochs.jsonl").read_text().splitlines()]

events = read(run / "tensorboard")
for tag, key in [("loss/validation", "loss"), ("loss/train", "train_loss"), ("rate", "rate")]:
    found = [(it.step, it.value) for it in events.Scalars(tag)]
    wanted = [(line["epoch"], line[key]) for line in epochs if line[key] is not None]
    assert len(found) == len(wanted), (tag, found, wanted)
    for (step, value), (epoch, number) in zip(found, wanted):
        assert step == epoch and abs(value - number) <= 1e-4 * max(1, abs(number)), (tag, found, wanted)
    print(f"ok: scalars {tag}, {len(found)} epochs")
image(events, "identification/confusion")

report = read(run / "tensorboard" / "report")
evaluation = json.loads(Path("evaluation.json").read_text())
found = report.Scalars("report/right names of captures")[-1].value
assert abs(found - evaluation["labelled"]["top1"]) < 1e-4, (found, evaluation["labelled"]["top1"])
print(f"ok: scalar report/right names of captures, {found:.4f}")
for tag in ["coverage/cards", "reliability/captures"]:
    image(report, tag)
misread = [it for it in (run / "failures").glob("*.png") if not it.name.startswith("confusion")]
assert ("misread" in report.Tags()["images"]) == bool(misread), report.Tags()["images"]
if misread:
    image(report, "misread")
print("TensorBoard reads what the run and its report have written")
