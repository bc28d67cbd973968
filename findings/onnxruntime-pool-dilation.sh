#!/bin/sh
# onnxruntime 1.32.0: MaxPool, AveragePool and LpPool leave the dilation out of the padding that
# auto_pad asks for, and the output is smaller than the standard says.
#
# The standard: with SAME_UPPER and SAME_LOWER each side of the output is that of the input by the
# stride, rounded up, and the padding is what that takes for the kernel with its dilation. A Conv with
# both is refused with "Dilation not supported for AutoPadType"; the three pools run.
#
# Shown with Python and pip: each of the three, of size 2 and 3, with stride 1 and 2, on 9x8 pixels.
# The wanted output is made with plain loops and, for MaxPool with SAME_UPPER, by the standard's own
# reference implementation, and the standard's own inference gives its shape. With a dilation of 2 all
# 24 outputs lack a row and a column, or two of each. Without dilation, and with the same padding
# written out in place of auto_pad, all are right. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnx==1.23.2" "onnxruntime==1.32.0"
cat > "$folder/pools.py" <<'PYTHON'
import itertools
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

HIGH, WIDE = 9, 8
onnxruntime.set_default_logger_severity(4)


def model(operator, attributes):
    node = helper.make_node(operator, ["x"], ["y"], **attributes)
    graph = helper.make_graph(
        [node],
        "pool",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 1, HIGH, WIDE))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    onnx.checker.check_model(made, full_check=True)
    return made


def run(made, x):
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def axis(length, size, stride, dilation, upper):
    """Length of the output, and the padding before and after, by the standard's formulas."""
    out = -(-length // stride)
    pad = max(0, (out - 1) * stride + (size - 1) * dilation + 1 - length)
    before = pad // 2 if upper else pad - pad // 2
    return out, before, pad - before


def pool(operator, x, size, stride, dilation, upper):
    rows, top, _ = axis(HIGH, size, stride, dilation, upper)
    columns, left, _ = axis(WIDE, size, stride, dilation, upper)
    y = np.empty((1, 1, rows, columns))
    for row, column in itertools.product(range(rows), range(columns)):
        places = [
            (row * stride - top + down * dilation, column * stride - left + right * dilation)
            for down, right in itertools.product(range(size), range(size))
        ]
        values = [float(x[0, 0, r, c]) for r, c in places if 0 <= r < HIGH and 0 <= c < WIDE]
        y[0, 0, row, column] = {
            "MaxPool": lambda: max(values),
            "AveragePool": lambda: sum(values) / len(values),
            "LpPool": lambda: sum(value * value for value in values) ** 0.5,
        }[operator]()
    return y


def same(a, b):
    return a.shape == b.shape and np.allclose(a, b, atol=1e-5)


print("onnxruntime", onnxruntime.__version__, "with onnx", onnx.__version__)
x = np.random.default_rng(0).standard_normal((1, 1, HIGH, WIDE)).astype(np.float32)
right = {1: 0, 2: 0}
number = written_out = 0
for operator, size, stride, upper in itertools.product(
    ["MaxPool", "AveragePool", "LpPool"], [2, 3], [1, 2], [True, False]
):
    number += 1
    for dilation in right:
        common = {"kernel_shape": [size] * 2, "strides": [stride] * 2, "dilations": [dilation] * 2}
        way = "SAME_UPPER" if upper else "SAME_LOWER"
        automatic = model(operator, common | {"auto_pad": way})
        wanted = pool(operator, x, size, stride, dilation, upper)
        inferred = onnx.shape_inference.infer_shapes(automatic).graph.output[0].type.tensor_type.shape
        assert wanted.shape == tuple(side.dim_value for side in inferred.dim), inferred
        if operator == "MaxPool" and upper:
            assert same(ReferenceEvaluator(automatic).run(None, {"x": x})[0], wanted)
        got = run(automatic, x)
        right[dilation] += same(got, wanted)
        if dilation == 2:
            sides = f"{got.shape[2:]}, wanted {wanted.shape[2:]}"
            print(f"{operator} of {size} with stride {stride}, {way}: {sides}")
            (_, top, bottom), (_, left, end) = (
                axis(side, size, stride, dilation, upper) for side in (HIGH, WIDE)
            )
            written_out += same(run(model(operator, common | {"pads": [top, left, bottom, end]}), x), wanted)
print(f"right without dilation: {right[1]} of {number}")
print(f"right with a dilation of 2: {right[2]} of {number}; with the padding written out {written_out}")
sys.exit(0 if right == {1: number, 2: 0} and written_out == number else 1)
PYTHON
"$folder/venv/bin/python" "$folder/pools.py"
