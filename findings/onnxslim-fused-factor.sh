#!/bin/sh
# onnxslim 0.1.98: slim multiplies a factor into weights that it does not belong to, and the model
# gives other numbers.
#
# Its README promises fewer operators with the "same accuracy". A Conv and a Mul by a constant become
# one Conv as soon as the constant has as many values as the Conv has channels, even where they are
# for the columns, the rows or the images of the batch; of an Add that is asked. And of a Gemm, a
# Reshape and a Mul the factor goes into the weights of the Gemm, even where something else reads what
# the Gemm gives. In the tracker nothing on either was found.
#
# Shown with Python and pip: models with random weights, each of which the checker of ONNX accepts.
# NumPy has the output of the first layer times the factor, and ONNX Runtime gives the same for the
# model as it is; slimmed, the three with 8 columns, rows or images and 8 channels, and the
# second output of the Gemm, are far off. Right are the controls: a factor for each channel, 8
# columns and 6 channels, an Add in place of the Mul, and a Gemm with no other reader. With
# skip_fusion_patterns all are right. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnxslim==0.1.98" "onnx==1.23.2" "onnxruntime==1.32.0"
cat > "$folder/factors.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import onnx
import onnxruntime
import onnxslim
from onnx import TensorProto, helper, numpy_helper

SKIPPED = ["FusionConvMul", "FusionGemmMul"]
numbers = np.random.default_rng(3)
onnxruntime.set_default_logger_severity(4)


def draw(*shape):
    return numbers.uniform(0.5, 2, shape).astype(np.float32)


def model(nodes, entry, outputs, constants):
    graph = helper.make_graph(
        nodes,
        "factor",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, entry)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(made, full_check=True)
    return made


def run(made, x):
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


def convolved(images, channels, factor, operator="Mul"):
    """A pointwise Conv of images of 8x8 with three channels and what follows it."""
    x, w, b = draw(images, 3, 8, 8), draw(channels, 3, 1, 1), draw(channels)
    first = np.einsum("nihw,oi->nohw", x, w[:, :, 0, 0]) + b[:, None, None]
    wanted = first * factor if operator == "Mul" else first + factor
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["c"]), helper.make_node(operator, ["c", "f"], ["y"])]
    return model(nodes, x.shape, {"y": wanted.shape}, {"w": w, "b": b, "f": factor}), x, [wanted]


def multiplied(branch):
    """A Gemm of 4x5 to 4x6, a Reshape to 2x2x6 and a factor; or with a Relu that reads the Gemm too."""
    x, w, b, factor = draw(4, 5), draw(6, 5), draw(6), draw(6)
    first = x @ w.T + b
    wanted = [first.reshape(2, 2, 6) * factor]
    outputs = {"y": (2, 2, 6)}
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["g"], transB=1),
        helper.make_node("Reshape", ["g", "shape"], ["r"]),
        helper.make_node("Mul", ["r", "f"], ["y"]),
    ]
    if branch:
        nodes.append(helper.make_node("Relu", ["g"], ["z"]))
        outputs["z"] = first.shape
        wanted.append(np.maximum(first, 0))
    constants = {"w": w, "b": b, "f": factor, "shape": np.array([2, 2, 6], np.int64)}
    return model(nodes, x.shape, outputs, constants), x, wanted


def off(got, wanted):
    """By how much the worst number of each output differs from the wanted one, as a share of it."""
    return [float(np.max(np.abs(a - b) / np.abs(b))) for a, b in zip(got, wanted, strict=True)]


print("onnxslim", importlib.metadata.version("onnxslim"), "with onnxruntime", onnxruntime.__version__)
cases = [
    ("a factor for each of 8 columns, 8 channels", convolved(1, 8, draw(8)), [True]),
    ("a factor for each of 8 rows, 8 channels", convolved(1, 8, draw(8, 1)), [True]),
    ("a factor for each of 8 images, 8 channels", convolved(8, 8, draw(8, 1, 1, 1)), [True]),
    ("a Gemm that something else reads", multiplied(True), [False, True]),
    ("a factor for each of 8 channels", convolved(1, 8, draw(8, 1, 1)), [False]),
    ("a factor for each of 8 columns, 6 channels", convolved(1, 6, draw(8)), [False]),
    ("an Add for each of 8 columns, 8 channels", convolved(1, 8, draw(8), "Add"), [False]),
    ("a Gemm that nothing else reads", multiplied(False), [False]),
]
as_found = True
for name, (made, x, wanted), expected in cases:
    slimmed = onnxslim.slim(onnx.ModelProto.FromString(made.SerializeToString()))
    spared = onnxslim.slim(
        onnx.ModelProto.FromString(made.SerializeToString()), skip_fusion_patterns=SKIPPED
    )
    before, after, without = (off(run(kind, x), wanted) for kind in (made, slimmed, spared))
    nodes = " ".join(node.op_type for node in slimmed.graph.node)
    print(f"{name}: {nodes}; off by up to {', '.join(f'{100 * share:.0f} %' for share in after)}")
    as_found = as_found and max(before + without) < 1e-4
    as_found = as_found and all(
        share > 0.2 if wrong else share < 1e-4 for share, wrong in zip(after, expected, strict=True)
    )
sys.exit(0 if as_found else 1)
PYTHON
"$folder/venv/bin/python" "$folder/factors.py"
