"""Build JupyterLite beside the book: every chapter as a notebook that runs in the browser.

Run by ``make book`` in the environment of ``requirements.txt``::

    .venv-lite/bin/python book/lite/build_lite.py _build/html/lite [--core FOLDER]

``--core`` names the unpacked npm package pyodide; the site then serves Pyodide's core itself.
NumPy and Matplotlib for Pyodide are on no package registry, so they come from Pyodide's CDN.

Pyodide loads what ``pyodide-lock.json`` lists, by the names that a cell imports. The list here is
Pyodide's own, its files with their addresses on the CDN, and our wheels in front of it: so
``import d2lnotes`` needs no ``%pip``, and each file is checked against its SHA-256.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from export import export, targets, works

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYODIDE = json.loads((HERE / "package.json").read_text())["dependencies"]["pyodide"]
CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
APPS = ["notebooks", "lab", "tree"]
#: Loaded while the kernel starts; without them it would look for the last three on PyPI.
PRELOAD = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "ipython", "jedi"]
#: What our wheels import: `depends` of their entries in the list.
DEPENDS = {
    "d2lnotes": ["numpy", "matplotlib", "ipywidgets", "tqdm"],
    "ipywidgets": ["comm", "ipython", "traitlets", "typing-extensions"],
    "comm": ["traitlets"],
    "piplite": ["micropip"],
    "ipykernel": [],
    "pyodide-kernel": ["ipykernel", "comm", "ipython", "jedi", "traitlets"],
}
CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip",
        "pyodide-lock.json"]  # fmt: skip


def main():
    """Build into a folder of its own, check, and only then put it into the site."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("output", type=Path)
    arguments.add_argument("--core", type=Path, help="the unpacked npm package pyodide")
    asked = arguments.parse_args()
    check_versions()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        site = build_site(work)
        wheels = [*kernel_wheels(site), *download_wheels(work), package_wheel(work)]
        write_lock(site, wheels)
        if asked.core:
            copy_core(asked.core, site)
        configure(site, asked.core is not None)
        shutil.rmtree(asked.output, ignore_errors=True)
        shutil.copytree(site, asked.output)
    size = sum(path.stat().st_size for path in asked.output.rglob("*") if path.is_file())
    print(f"JupyterLite stands in {asked.output}: {size / 1e6:.1f} MB")


def check_versions():
    """The kernel of this environment is made for one version of Pyodide."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    if PYODIDE_VERSION != PYODIDE:
        sys.exit(f"package.json has Pyodide {PYODIDE}, the kernel is made for {PYODIDE_VERSION}")


def run(*command, cwd):
    """Run a program; show what it said only if it failed."""
    command = [str(word) for word in command]
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed: {' '.join(command)}")


# The app and the notebooks -------------------------------------------------------------------


def build_site(work):
    """JupyterLite with every chapter, in a folder that no earlier build has touched."""
    content = work / "content"
    content.mkdir()
    for name, notebook in chapters().items():
        text = json.dumps(notebook, ensure_ascii=False, indent=1)
        (content / name).write_text(text, encoding="utf-8")
    run(Path(sys.executable).with_name("jupyter"), "lite", "build",
        "--lite-dir", work, "--contents", content, "--output-dir", work / "site",
        "--no-sourcemaps", "--no-unused-shared-packages",
        *(word for app in APPS for word in ("--apps", app)), cwd=work)  # fmt: skip
    return work / "site"


def chapters():
    """Every chapter as JupyterLite gets it, by its file's name."""
    paths = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    notebooks = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    pages = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "book").glob("*.md")}
    known = targets(notebooks, pages)
    cited = works((ROOT / "book" / "references.bib").read_text(encoding="utf-8"))
    return {name: export(name, one, known, cited) for name, one in notebooks.items()}


def configure(site, own_core):
    """Tell the kernel where its core and its list are, and keep this book's files apart."""
    path = site / "jupyter-lite.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    data = settings["jupyter-config-data"]
    data["appName"] = "Deep Learning Notes"
    # Two books on one host would otherwise share the files that a reader has changed.
    data["contentsStorageName"] = data["settingsStorageName"] = "Deep Learning Notes"
    kernel = data["litePluginSettings"][KERNEL]
    kernel["loadPyodideOptions"] = {"lockFileURL": "./wheels/pyodide-lock.json",
                                    "packages": PRELOAD}  # fmt: skip
    kernel["pyodideUrl"] = "./static/pyodide/pyodide.mjs" if own_core else f"{CDN}/pyodide.mjs"
    path.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def copy_core(package, site):
    """Serve the core of Pyodide from the site."""
    found = json.loads((package / "package.json").read_text())["version"]
    if found != PYODIDE:
        sys.exit(f"expected the core of Pyodide {PYODIDE}, got {found}")
    (site / "static" / "pyodide").mkdir(parents=True)
    for name in CORE:
        shutil.copy2(package / name, site / "static" / "pyodide" / name)


# The wheels ----------------------------------------------------------------------------------


def package_wheel(work):
    """The wheel of d2lnotes, its name marked by its contents.

    A browser may keep a wheel of the same name from an earlier build, and then refuse it for its
    hash. A wheel's name has a place for such a mark, the build tag.
    """
    source, wheels = work / "source", work / "wheel"
    shutil.copytree(ROOT / "d2lnotes", source / "d2lnotes",
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, source)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation",
        "--wheel-dir", wheels, source, cwd=work)  # fmt: skip
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = sorted(name for name in opened.namelist() if name.startswith("d2lnotes/"))
        digest = hashlib.sha256(b"".join(name.encode() + opened.read(name) for name in names))
    name, version, *tags = wheel.name.split("-")
    return wheel.rename(wheel.with_name("-".join([name, version, mark(digest), *tags])))


def mark(digest):
    """A build tag; it must begin with a digit."""
    return "0" + digest.hexdigest()[:8]


def download_wheels(work):
    """The wheels of ``wheels.txt``."""
    target = work / "downloaded"
    run(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
        "--dest", target, "--requirement", HERE / "wheels.txt", cwd=work)  # fmt: skip
    return sorted(target.glob("*.whl"))


def kernel_wheels(site):
    """The wheels that the kernel brings along."""
    (home,) = site.glob("extensions/**/pypi")
    wanted = ("ipykernel", "piplite", "pyodide_kernel")
    return sorted(path for path in home.glob("*.whl") if path.name.startswith(wanted))


def write_lock(site, wheels):
    """Pyodide's list, its files with their full addresses, and ours beside it."""
    lock = json.loads((HERE / "pyodide-lock.json").read_text(encoding="utf-8"))
    folder = site / "wheels"
    folder.mkdir()
    for entry in lock["packages"].values():
        entry["file_name"] = f"{CDN}/{entry['file_name']}"
    for wheel in wheels:
        shutil.copy2(wheel, folder)
        lock["packages"][normal(wheel)] = entry_of(wheel)
    check_depends(lock)
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, sort_keys=True), encoding="utf-8")


def normal(wheel):
    """The name of a wheel's package as the list writes it."""
    return re.sub(r"[-_.]+", "-", wheel.name.partition("-")[0]).lower()


def entry_of(wheel):
    """What the list says of a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        files = opened.namelist()
    if not wheel.name.endswith("-none-any.whl"):
        sys.exit(f"expected a wheel without compiled parts, got {wheel.name}")
    imports = {name.partition("/")[0] for name in files if name.endswith(".py")}
    return {
        "name": normal(wheel),
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(name.removesuffix(".py") for name in imports),
        "depends": DEPENDS[normal(wheel)],
        "unvendored_tests": False,
    }


def check_depends(lock):
    """The list must hold what our wheels need, or a cell fails where no test looks."""
    for name in DEPENDS:
        for needed in [name, *DEPENDS[name]]:
            if needed not in lock["packages"]:
                sys.exit(f"{name} needs {needed}, which Pyodide's list does not have")


if __name__ == "__main__":
    main()
