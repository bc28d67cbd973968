"""Writes one ONNX file for each form of network that Ultralytics exports, with random weights, into the current folder,
and one each of RF-DETR and D-FINE where `rfdetr` and `transformers` are installed.

    python scripts/check_networks.py [NAME ...]

Names of networks (yolo26-obb, rfdetr, dfine) leave out all others. A form that this version of Ultralytics does not
know is said and left out. Files that are there are kept.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import ultralytics
import yaml
from PIL import Image
from ultralytics import YOLO

CONFIGS = Path(ultralytics.__file__).parent / "cfg/models"
FORMS = [
    ("yolov8", {}),
    ("yolov9t", {}),
    ("yolov10n", {}),
    ("yolo11", {}),
    ("yolo11", {"dynamic": True}),
    ("yolo11", {"half": True}),
    ("yolo11", {"nms": True}),
    ("yolo11-obb", {}),
    ("yolo11-obb", {"nms": True}),
    ("yolo11-pose", {}),
    ("yolo11-pose", {"nms": True}),
    ("yolo12", {}),
    ("yolo26", {}),
    ("yolo26", {"nms": False}),
    ("yolo26-obb", {}),
    ("yolo26-obb", {"nms": False}),
    ("yolo26-pose", {}),
    ("yolo26-pose", {"nms": False}),
    # Static int8, as exporters write it since 8.4.
    ("yolo11", {"int8": True}),
    ("yolo26", {"int8": True}),
    ("yolo26-pose", {"int8": True}),
]


def config(name):
    """A small network of two classes, with four corners where there are points."""
    found = next(iter(CONFIGS.rglob(f"{name}.yaml")), None)
    if found is None:
        return None
    settings = yaml.safe_load(found.read_text())
    settings.update(nc=2, scale="n")
    if "pose" in name:
        settings["kpt_shape"] = [4, 3]
    # The export is called after it: another name than any target, which it would overwrite.
    path = Path(f"made-{name}.yaml")
    # Ultralytics takes the first of the sizes, whatever `scale` says: in the order of the file that is the smallest.
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return path


NOISE = Path("noise").absolute()


def noise():
    """Images without anything on them, which the networks are tried on when they are imported."""
    random = np.random.default_rng(1)
    (NOISE / "images").mkdir(parents=True, exist_ok=True)
    for number in range(4):
        pixels = random.integers(0, 255, (96, 160, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(NOISE / f"images/{number}.png")


def calibration(name):
    """A data set of noise for the ranges of int8."""
    folder = NOISE
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    points = " 0.4 0.4 2 0.6 0.4 2 0.6 0.6 2 0.4 0.6 2" if "pose" in name else ""
    for number in range(4):
        (folder / f"labels/{number}.txt").write_text(f"0 0.5 0.5 0.2 0.2{points}\n")
    path = folder / f"{name}.yaml"
    corners = {"kpt_shape": [4, 3]} if points else {}
    names = {0: "joker", 1: "button"}
    path.write_text(yaml.safe_dump({"path": str(folder), "train": "images", "val": "images", "names": names, **corners}))
    return str(path)


print("Ultralytics", ultralytics.__version__)
noise()
for name, options in FORMS:
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    target = Path(name + "".join(f"-{key}-{value}" for key, value in options.items()) + ".onnx")
    path = config(name)
    if target.exists():
        continue
    if path is None:
        print(f"left out: {name} is not known")
        continue
    try:
        more = {"data": calibration(name), "batch": 1} if options.get("int8") else {}
        export = {"format": "onnx", "imgsz": [96, 160], "simplify": False, "verbose": False, **options, **more}
        written = YOLO(str(path)).export(**export)
    except Exception as error:
        print(f"left out: {target} cannot be exported: {error}")
        continue
    shutil.move(written, target)
    model = onnx.load(target)
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        # Half networks of Ultralytics 8.4 are not sorted, which ONNX Runtime takes all the same.
        print(f"{target} is not as ONNX wants it: {str(error).splitlines()[0]}")
    shape = [dimension.dim_value or -1 for dimension in model.graph.output[0].type.tensor_type.shape.dim]
    print(f"{target}: {shape}", flush=True)

if Path("yolo11.onnx").exists() and not Path("second/second.onnx").exists():
    Path("second").mkdir(exist_ok=True)
    model = onnx.load("yolo11.onnx")
    onnx.save(model, "second/second.onnx", save_as_external_data=True, location="second.data", size_threshold=0)
    print("second/second.onnx: weights in second.data")


def rfdetr(target):
    """RF-DETR's own export."""
    from rfdetr import RFDETRNano

    RFDETRNano(pretrain_weights=None, num_classes=2, device="cpu").export(output_dir="made-rfdetr")
    shutil.move(next(Path("made-rfdetr").glob("*.onnx")), target)


def dfine(target):
    """D-FINE of transformers, whose outputs keep their names."""
    import torch
    from transformers import DFineConfig, DFineForObjectDetection

    class Outputs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = DFineForObjectDetection(DFineConfig(num_labels=2, num_queries=100)).eval()

        def forward(self, images):
            found = self.network(pixel_values=images)
            return found.logits, found.pred_boxes

    names = {"input_names": ["pixel_values"], "output_names": ["logits", "pred_boxes"]}
    torch.onnx.export(Outputs(), (torch.rand(1, 3, 320, 320),), target, dynamo=False, opset_version=17, **names)


for name, export in [("rfdetr", rfdetr), ("dfine", dfine)]:
    target = Path(f"{name}.onnx")
    if (sys.argv[1:] and name not in sys.argv[1:]) or target.exists():
        continue
    try:
        export(target)
    except ImportError as error:
        print(f"left out: {target}: {error}")
        continue
    outputs = [output.name for output in onnx.load(target).graph.output]
    print(f"{target}: outputs {', '.join(outputs)}", flush=True)
