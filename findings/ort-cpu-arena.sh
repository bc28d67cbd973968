#!/bin/sh
# ort 2.0.0-rc.15: naming the CPU execution provider, as in with_execution_providers([CUDA, CPU]),
# turns off the memory arena of ONNX Runtime, which is on when nothing is named.
#
# Shown with cargo and pip's onnxruntime 1.32.0: the same network is opened without providers, with
# CPU::default(), and with CPU::default().with_arena_allocator(true); ONNX Runtime says with which
# options (enable_cpu_mem_arena in its log). The settings of the provider are a `bool` whose default
# is `false`, so that every session that names it allocates each tensor anew, and nothing says so.
# Ends with 0 when the three say 1, 0 and 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "arena"
version = "0.0.0"
edition = "2024"

[dependencies]
ort = { version = "=2.0.0-rc.15", default-features = false, features = ["std", "load-dynamic", "api-24"] }
TOML
cat > "$folder/src/main.rs" <<'RUST'
use std::sync::Arc;

use ort::ep::CPU;
use ort::logging::LogLevel;
use ort::session::Session;

fn main() -> ort::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let environment = ort::init().with_logger(Arc::new(|_, _, _, _, said| eprintln!("{said}"))).build()?;
    environment.set_log_level(LogLevel::Info);
    let mut builder = Session::builder(&environment)?.with_log_level(LogLevel::Info)?;
    builder = match words[2].as_str() {
        "nothing" => builder,
        "default" => builder.with_execution_providers([CPU::default().build()])?,
        _ => builder.with_execution_providers([CPU::default().with_arena_allocator(true).build()])?,
    };
    builder.commit_from_file(&words[1])?;
    Ok(())
}
RUST
"$folder/venv/bin/python" - "$folder/network.onnx" <<'PY'
import sys

import onnx
from onnx import TensorProto, helper

value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "one", [value("x")], [value("y")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
onnx.save(model, sys.argv[1])
PY
cargo build --quiet --release --manifest-path "$folder/Cargo.toml"
ORT_DYLIB_PATH=$(echo "$folder"/venv/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.1.32.0)
ORT_DISABLE_TELEMETRY=1
export ORT_DYLIB_PATH ORT_DISABLE_TELEMETRY

# check PROVIDER WANTED: whether the arena is on when this is named
check() {
  found=$("$folder/target/release/arena" "$folder/network.onnx" "$1" 2>&1 | grep -o 'enable_cpu_mem_arena:[01]' | head -1)
  echo "providers: $1, $found"
  [ "$found" = "enable_cpu_mem_arena:$2" ] || { echo "expected $2"; exit 1; }
}
check nothing 1
check default 0
check "with the arena" 1
echo "naming the CPU provider turns its memory arena off"
