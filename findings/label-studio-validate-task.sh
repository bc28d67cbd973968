#!/bin/sh
# label-studio-sdk 2.1.2 cannot validate a task that has annotations or predictions.
#
# Shown with Python and pip: LabelInterface.validate_task takes a task with an image, and takes its
# annotation and its prediction when they are given to validate_annotation and validate_prediction
# alone. Given as one task, as an import file has them, it raises a TypeError: it calls both without
# the argument that they need. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "label-studio-sdk==2.1.2"
cat > "$folder/validate.py" <<'PYTHON'
import importlib.metadata
import sys

from label_studio_sdk.label_interface import LabelInterface

CONFIG = """<View>
  <Image name="image" value="$image"/>
  <PolygonLabels name="label" toName="image"><Label value="fox"/></PolygonLabels>
</View>"""
REGION = {
    "id": "r1", "type": "polygonlabels", "from_name": "label", "to_name": "image",
    "original_width": 100, "original_height": 50, "image_rotation": 0,
    "value": {"points": [[10, 10], [50, 10], [50, 60]], "closed": True, "polygonlabels": ["fox"]},
}
ANNOTATION = {"id": 1, "result": [REGION]}
PREDICTION = {"model_version": "one", "result": [REGION]}
TASK = {"id": 1, "data": {"image": "/data/upload/a.png"}}


def validated(more):
    """What it says of the task with these fields beside it."""
    try:
        return interface.validate_task({**TASK, **more})
    except TypeError as error:
        return f"TypeError: {error}"


print("label-studio-sdk", importlib.metadata.version("label-studio-sdk"))
interface = LabelInterface(CONFIG)
parts = [interface.validate_task(TASK), interface.validate_annotation(ANNOTATION), interface.validate_prediction(PREDICTION)]
print("task, annotation and prediction, each alone:", parts)
annotated, predicted = validated({"annotations": [ANNOTATION]}), validated({"predictions": [PREDICTION]})
print("the task with its annotation:", annotated)
print("the task with its prediction:", predicted)
seen = all(parts) and "missing 1 required positional argument: 'annotation'" in str(annotated)
seen = seen and "missing 1 required positional argument: 'prediction'" in str(predicted)
sys.exit(0 if seen else 1)
PYTHON
"$folder/venv/bin/python" "$folder/validate.py"
