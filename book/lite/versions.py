"""Print the versions that Pyodide has of what d2lnotes needs, as constraints for pip."""

import json
from pathlib import Path

packages = json.loads(Path(__file__).with_name("pyodide-lock.json").read_text())["packages"]
for name in ("numpy", "matplotlib", "tqdm"):
    print(f"{name}=={packages[name]['version']}")
