"""Says whether Blueprint is on the screen. Python's standard library only; the overlay has to run."""
import json, os, sys, urllib.error, urllib.request

data = os.environ.get("BALATRO_LENS_DATA", "data")
card = sys.argv[1] if len(sys.argv) > 1 else "j_blueprint"
try:
    port = json.load(open(os.path.join(data, "api.json")))["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/cards/{card}", timeout=5) as answer:
        print({True: "yes", False: "no", None: "unknown"}[json.load(answer)["displayed"]])
except (OSError, urllib.error.URLError) as error:
    sys.exit(f"the overlay does not answer, or knows no such card: {error}")
