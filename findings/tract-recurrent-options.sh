#!/bin/sh
# tract 0.23.9 (with onnx 1.23.2 and onnxruntime 1.32.0): it runs a recurrent layer of an ONNX model
# forwards, unclipped and with the default activations, whatever the model says.
#
# RNN, GRU and LSTM are among the operators that its documentation lists. Of the attributes that
# ONNX gives them it reads the layout and, for GRU, the place of the reset; direction, activations
# and clip are passed over without a word. A layer of both directions is right, so that "reverse"
# is not a thing that it cannot do. PyTorch writes activations for nn.RNN(nonlinearity="relu").
# Sequences of several lengths, which it does not implement either, it refuses. No report on this
# was found in its tracker.
#
# Shown with Python and pip: the three operators on random numbers, against the formulas of the
# ONNX documentation written out here, with ONNX Runtime as a second witness. With the defaults and
# with both directions all three agree. With "reverse", with Relu and with a clip at 0.3 tract is
# off, and gives to the last bit what it gives without the attribute. Reversing the steps by hand
# before and after a forward layer is right. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tract==0.23.9" "onnx==1.23.2" "onnxruntime==1.32.0"
cat > "$folder/recurrent.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy
import onnx
import onnxruntime
import tract
from onnx import TensorProto, helper, numpy_helper

PATH = f"{sys.argv[1]}/model.onnx"
STEPS, BATCH, INPUTS, HIDDEN = 6, 2, 3, 4
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
RELU = {"RNN": ["Relu"], "GRU": ["Sigmoid", "Relu"], "LSTM": ["Sigmoid", "Relu", "Relu"]}
FUNCTIONS = {
    "Sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
    "Tanh": numpy.tanh,
    "Relu": lambda x: numpy.maximum(x, 0),
}
numbers = numpy.random.default_rng(0)
X = numbers.normal(size=(STEPS, BATCH, INPUTS)).astype(numpy.float32)


def one_way(kind, x, w, r, b, names, clip):
    """The states after each step, by the formulas."""
    act = [lambda v, f=FUNCTIONS[name]: f(numpy.clip(v, -clip, clip)) for name in names]
    wb, rb = numpy.split(b, 2)
    state, cell, states = numpy.zeros((BATCH, HIDDEN)), numpy.zeros((BATCH, HIDDEN)), []
    for step in x:
        given = numpy.split(step @ w.T + wb, GATES[kind], axis=1)
        kept = numpy.split(state @ r.T + rb, GATES[kind], axis=1)
        if kind == "RNN":
            state = act[0](given[0] + kept[0])
        elif kind == "GRU":
            update, reset = (act[0](given[i] + kept[i]) for i in range(2))
            new = act[1](given[2] + (reset * state) @ r[2 * HIDDEN :].T + rb[2 * HIDDEN :])
            state = (1 - update) * new + update * state
        else:
            enter, leave, keep = (act[0](given[i] + kept[i]) for i in range(3))
            cell = keep * cell + enter * act[1](given[3] + kept[3])
            state = leave * act[2](cell)
        states.append(state)
    return numpy.stack(states)


def formulas(kind, weights, direction, names, clip):
    ways = []
    for way, (w, r, b) in enumerate(zip(*weights)):
        turned = direction == "reverse" or way == 1
        states = one_way(kind, X[::-1] if turned else X, w, r, b, names, clip)
        ways.append(states[::-1] if turned else states)
    return numpy.stack(ways, axis=1)


def save(kind, weights, attributes):
    node = helper.make_node(kind, ["x", "w", "r", "b"], ["y"], hidden_size=HIDDEN, **attributes)
    graph = helper.make_graph(
        [node],
        "recurrent",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, X.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (STEPS, len(weights[0]), BATCH, HIDDEN))],
        [numpy_helper.from_array(values, name) for name, values in zip("wrb", weights)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, PATH)


def by_runtime():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(PATH, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": X})[0]


def by_tract(x=X):
    return tract.onnx().load(PATH).into_model().into_runnable().run([numpy.ascontiguousarray(x)])[0].to_numpy()


def far(one, other):
    return float(numpy.abs(one - other).max())


print("tract", importlib.metadata.version("tract"), "with onnxruntime", onnxruntime.__version__)
good = True
for kind, gates in GATES.items():
    usual = ["Sigmoid"] * (gates > 1) + ["Tanh"] * (2 if kind == "LSTM" else 1)
    for ways in (1, 2):
        sizes = (ways, gates * HIDDEN, INPUTS), (ways, gates * HIDDEN, HIDDEN), (ways, 2 * gates * HIDDEN)
        weights = [numbers.normal(size=size).astype(numpy.float32) for size in sizes]
        plain = None
        for attributes in (
            [{"direction": "bidirectional"}]
            if ways == 2
            else [{}, {"direction": "reverse"}, {"activations": RELU[kind]}, {"clip": 0.3}]
        ):
            if kind == "LSTM" and "clip" in attributes:
                continue  # where ONNX Runtime does not clip the cell
            save(kind, weights, attributes)
            direction, clip = attributes.get("direction", "forward"), attributes.get("clip", numpy.inf)
            right = formulas(kind, weights, direction, attributes.get("activations", usual), clip)
            witness, found = by_runtime(), by_tract()
            off = f"ONNX Runtime off by {far(witness, right):.6f}, tract by {far(found, right):.6f}"
            print(f"{kind} {attributes}: {off}")
            good &= far(witness, right) < 1e-4
            if ways == 2 or not attributes:
                good &= far(found, right) < 1e-4
                plain = found
                continue
            good &= far(found, right) > 0.2 and numpy.array_equal(found, plain)
            if direction == "reverse":
                save(kind, weights, {})
                by_hand = by_tract(X[::-1])[::-1]
                print(f"  with the steps reversed by hand tract is off by {far(by_hand, right):.6f}")
                good &= far(by_hand, right) < 1e-4
sys.exit(0 if good else 1)
PYTHON
"$folder/venv/bin/python" "$folder/recurrent.py" "$folder"
