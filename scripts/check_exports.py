"""Reads the data sets that `check_exports.sh` wrote with the tools that they are for.

    python scripts/check_exports.py [--epochs 1]

Each check compares counts with `export.json`, and geometry where the tool gives some.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np


def told(folder):
    return json.loads((Path(folder) / "export.json").read_text())


def done(what):
    print(f"ok: {what}", flush=True)


def yolo(epochs):
    from ultralytics import YOLO
    from ultralytics.data.utils import check_det_dataset, verify_image_label

    for format, task in [("yolo", "detect"), ("yolo-obb", "obb"), ("yolo-pose", "pose"), ("yolo-captures", "detect")]:
        folder = Path("captures-yolo" if format == "yolo-captures" else f"scenes-{format}")
        data = check_det_dataset(str(folder / "data.yaml"))
        cards = 0
        for part in ["train", "val"]:
            for image in sorted((folder / "images" / part).iterdir()):
                label = folder / "labels" / part / (image.stem + ".txt")
                pose = task == "pose"
                corners = (4, 3) if pose else (0, 0)
                found = verify_image_label((str(image), str(label), "", pose, len(data["names"]), *corners, False))
                # The image, its labels, shape, outlines, corners, missing, found, empty, damaged, message.
                assert found[8] == 0, found[9]
                cards += len(found[1])
        wanted = sum(part["cards"] for part in told(folder)["parts"].values())
        assert cards == wanted, f"{folder}: Ultralytics reads {cards} cards of {wanted}"
        done(f"Ultralytics reads {cards} cards of {folder}")
        if epochs:
            kind = {"detect": "", "obb": "-obb", "pose": "-pose"}[task]
            model = YOLO(f"yolo11n{kind}.yaml")
            model.train(data=str(folder / "data.yaml"), epochs=epochs, imgsz=160, batch=4, workers=0, device="cpu",
                        plots=False, project="runs", name=format, exist_ok=True, verbose=False, amp=False)
            done(f"Ultralytics trains {task} on {folder}")


def coco():
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    import supervision as sv

    for folder in ["scenes-coco", "captures-coco"]:
        for part in ["train", "val"]:
            path = f"{folder}/annotations/{part}.json"
            truth = COCO(path)
            annotations = truth.loadAnns(truth.getAnnIds())
            assert len(annotations) == told(folder)["parts"][part]["cards"]
            for it in annotations:
                image = truth.loadImgs(it["image_id"])[0]
                x, y, w, h = it["bbox"]
                assert x >= 0 and y >= 0 and x + w <= image["width"] + 1e-3 and y + h <= image["height"] + 1e-3, it
                mask = truth.annToMask(it).sum()
                assert abs(mask - it["area"]) <= 0.05 * it["area"] + 40, (mask, it)
            found = truth.loadRes([{**{k: it[k] for k in ("image_id", "category_id", "bbox")}, "score": 1.0} for it in annotations])
            evaluation = COCOeval(truth, found, "bbox")
            evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
            assert evaluation.stats[0] > 0.99, evaluation.stats
            read = sv.DetectionDataset.from_coco(f"{folder}/images/{part}", path)
            assert len(read) == told(folder)["parts"][part]["images"]
        done(f"pycocotools and supervision read {folder}")
    for folder, turned in [("scenes-yolo", False), ("scenes-yolo-obb", True)]:
        read = sv.DetectionDataset.from_yolo(f"{folder}/images/train", f"{folder}/labels/train", f"{folder}/data.yaml", is_obb=turned)
        cards = sum(len(detections) for _, _, detections in read)
        assert cards == told(folder)["parts"]["train"]["cards"], (cards, told(folder)["parts"])
        done(f"supervision reads {folder}")


def label_studio():
    from label_studio_sdk.converter import Converter
    from label_studio_sdk.label_interface import LabelInterface

    for folder in ["scenes-label-studio", "captures-label-studio"]:
        config = Path(folder, "labelling.xml").read_text()
        interface = LabelInterface(config)
        for part in ["train", "val"]:
            path = Path(folder, f"tasks-{part}.json")
            tasks = json.loads(path.read_text())
            for task in tasks:
                # Of a task with annotations the SDK asks for one more argument than it gives itself.
                interface.validate_task({"id": task["id"], "data": task["data"]})
                for annotation in task["annotations"]:
                    for region in annotation["result"]:
                        assert interface.validate_region(region), region
                        points = np.array(region["value"]["points"])
                        assert points.min() >= 0 and points.max() <= 100, points
            out = Path("converted", folder, part)
            converter = Converter(config=config, project_dir=str(out), download_resources=False)
            converter.convert_to_coco(str(path), str(out), output_image_dir=str(Path(folder, "images", part)), is_dir=False)
            converted = json.loads((out / "result.json").read_text())
            assert len(converted["annotations"]) == told(folder)["parts"][part]["cards"]
        done(f"the SDK of Label Studio validates and converts {folder}")


def folders():
    from torchvision.datasets import ImageFolder
    from datasets import load_dataset

    parts = told("captures-imagefolder")["parts"]
    for part in ["train", "val"]:
        read = ImageFolder(f"captures-imagefolder/{part}")
        assert len(read) == parts[part]["images"] and read[0][0].size[0] > 0
    done("torchvision reads captures-imagefolder")
    for folder in ["scenes-huggingface", "captures-huggingface"]:
        parts = told(folder)["parts"]
        read = load_dataset("imagefolder", data_dir=folder, cache_dir="cache")
        assert len(read["train"]) == parts["train"]["images"] and len(read["validation"]) == parts["val"]["images"]
        cards = sum(len(row["objects"]["categories"]) for row in read["train"])
        assert cards == parts["train"]["cards"], (cards, parts)
        done(f"datasets reads {folder}: {', '.join(read['train'].features)}")
    for folder in ["scenes-csv", "captures-csv"]:
        rows = list(csv.DictReader(open(f"{folder}/labels.csv", newline="")))
        cards = sum(1 for row in rows if row["card"])
        assert cards == sum(part["cards"] for part in told(folder)["parts"].values())
        assert all(Path(folder, row["file"]).is_file() for row in rows)
        done(f"csv reads {folder}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    arguments = parser.parse_args()
    coco()
    label_studio()
    folders()
    yolo(arguments.epochs)
