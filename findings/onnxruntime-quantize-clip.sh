#!/bin/sh
# onnxruntime 1.32.0 (with onnx 1.23.2): quantize_static takes a Clip out of the model also where
# its limits are both above or both below 0, and then nothing holds the outputs within them.
#
# The documentation of QDQKeepRemovableActivations says that Clip and Relu are taken out if
# activations are quantised asymmetrically, the default, and that keeping them is necessary if
# QuantizeLinear and DequantizeLinear are removed later. Meant is that the range of the 8 bits
# does the clipping. But that range always has 0 in it: for outputs of 1 to 3 it is 0 to 3, and
# what the Clip would have raised to 1 comes out between 0 and 1. The tracker has such a report
# for symmetric activations, mended in 2022; none on this was found there.
#
# Shown with Python and pip: a convolution and a Clip, calibrated on the very images that they are
# then run on. With limits that have 0 between them all outputs are within them, but for the half
# of a step by which 8 bits round; with 1 to 3 and with -3 to -1 more than half are outside, by
# nearly 1. With the option that keeps the Clip all are within again. The model that is written
# is run as it is, with no optimisation, so that nothing is removed later. Ends with 0 when all of
# that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnxruntime==1.32.0" "onnx==1.23.2"
cat > "$folder/clip.py" <<'PYTHON'
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import GraphOptimizationLevel
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

FOLDER = sys.argv[1]
numbers = numpy.random.default_rng(0)
IMAGES = numbers.normal(size=(4, 3, 32, 32)).astype(numpy.float32)
WEIGHTS = numbers.normal(size=(8, 3, 3, 3)).astype(numpy.float32)


class Once(CalibrationDataReader):
    def __init__(self):
        self.batches = iter([{"x": IMAGES}])

    def get_next(self):
        return next(self.batches, None)


def save(low, high):
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["c", "low", "high"], ["y"]),
    ]
    values = {"w": WEIGHTS, "low": numpy.float32(low), "high": numpy.float32(high)}
    graph = helper.make_graph(
        nodes,
        "clip",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, IMAGES.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (4, 8, 32, 32))],
        [numpy_helper.from_array(numpy.asarray(value), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, f"{FOLDER}/float.onnx")


def outside(name, low, high):
    """The share of outputs outside of the limits, by more than half a step, and how far they are at most."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{FOLDER}/{name}.onnx", options, providers=["CPUExecutionProvider"])
    values = session.run(None, {"x": IMAGES})[0]
    far = numpy.maximum(low - values, values - high)
    half = 0.5 * (max(high, 0) - min(low, 0)) / 255
    return float((far > 1.01 * half).mean()), float(max(far.max(), 0))


def quantised(low, high, form, **options):
    quantize_static(f"{FOLDER}/float.onnx", f"{FOLDER}/quantised.onnx", Once(), quant_format=form, extra_options=options)
    kept = any(node.op_type == "Clip" for node in onnx.load(f"{FOLDER}/quantised.onnx").graph.node)
    share, far = outside("quantised", low, high)
    print(f"  {form}, {options}: Clip {'kept' if kept else 'gone'}, {share:.1%} outside, by up to {far:.3f}")
    return kept, share, far


print("onnxruntime", onnxruntime.__version__, "with onnx", onnx.__version__)
good = True
for low, high in [(0, 6), (-1, 2), (1, 3), (-3, -1)]:
    save(low, high)
    share, far = outside("float", low, high)
    print(f"Clip to {low} to {high}: the float model has {share:.1%} outside")
    good &= share == 0
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        kept, share, far = quantised(low, high, form)
        wrong = share > 0.5 and far > 0.9
        good &= not kept and (share == 0 if low <= 0 <= high else wrong)
    kept, share, far = quantised(low, high, QuantFormat.QDQ, QDQKeepRemovableActivations=True)
    good &= kept and share == 0
sys.exit(0 if good else 1)
PYTHON
"$folder/venv/bin/python" "$folder/clip.py" "$folder" 2> "$folder/log" || { status=$?; cat "$folder/log"; exit "$status"; }
