#!/bin/sh
# onnxruntime 1.32.0, Linux: disable_telemetry_events(), called first after the import, leaves an
# identifier of the device and a queue of reports in the user's cache all the same.
#
# Shown with pip: a program that imports the package, calls that function and ends, in an empty home.
# Afterwards .cache/Microsoft/DeveloperTools/.onnxruntime holds `deviceid` and `onnxruntime.db`. With
# ORT_DISABLE_TELEMETRY=1 in the environment nothing is written; the other order of these words,
# ORT_TELEMETRY_DISABLED=1, changes nothing. On machines that build (CI is set) nothing is written
# either. Runs without a network where the system lets it. Ends with 0 when all of that is seen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.32.0
cat > "$folder/quiet.py" <<'PY'
import onnxruntime

onnxruntime.disable_telemetry_events()
PY
alone=
if unshare --user --net true 2> /dev/null; then alone="unshare --user --net"; fi

# kept VARIABLE=VALUE: the files that the program leaves in an empty home
kept() {
  rm -rf "$folder/home"
  mkdir "$folder/home"
  # shellcheck disable=SC2086
  env -i PATH="$PATH" HOME="$folder/home" "$1" $alone "$folder/venv/bin/python" "$folder/quiet.py"
  (cd "$folder/home" && find . -type f | sort | tr '\n' ' ')
}

cache=./.cache/Microsoft/DeveloperTools/.onnxruntime
check() {
  echo "$1: ${2:-nothing}"
  [ "$2" = "$3" ] || { echo "expected: ${3:-nothing}"; exit 1; }
}
check "disabled by the function" "$(kept NOTHING=1)" "$cache/deviceid $cache/onnxruntime.db "
check "ORT_TELEMETRY_DISABLED" "$(kept ORT_TELEMETRY_DISABLED=1)" "$cache/deviceid $cache/onnxruntime.db "
check "ORT_DISABLE_TELEMETRY" "$(kept ORT_DISABLE_TELEMETRY=1)" ""
check "CI" "$(kept CI=1)" ""
echo "the function alone does not keep onnxruntime from writing an identifier"
