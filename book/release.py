"""Pack the built book, its notebooks and its data into one archive; `make release` calls it.

The archive holds what the repository holds, without tests, and the built site in ``site/``.
Unpacked anywhere, ``site/index.html`` opens from the disk. Two runs on the same commit and the
same site give the same bytes.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

from d2lnotes import __version__

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
LEFT_OUT = (".ci", ".github", ".gitignore", "benchmarks", "teaching", "tests")
LARGEST = 60_000_000  # bytes: what may be asked of a reader's connection, and fits a small stick
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip archive can hold


def main():
    """Write ``_build/deep-learning-notes-VERSION.zip`` and say how large it is."""
    target = pack(SITE.parent)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB")


def pack(folder):
    """Write the archive into ``folder`` and return its path; one that is too large is refused."""
    if not (SITE / "index.html").exists():
        sys.exit("there is no built book in _build/html; run `make book` first")
    name = f"deep-learning-notes-{__version__}"
    unfinished = folder / f"{name}.part"
    files = {**tracked_files(), **site_files()}
    with zipfile.ZipFile(unfinished, "w") as archive:
        for path, inside in sorted(files.items(), key=lambda file: file[1]):
            entry = zipfile.ZipInfo(f"{name}/{inside}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    size = unfinished.stat().st_size
    if size > LARGEST:
        unfinished.unlink()
        sys.exit(f"the archive has {size / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} are allowed")
    return unfinished.replace(folder / f"{name}.zip")


def tracked_files():
    """The repository's files that a reader or a teacher uses, and their places in the archive."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = [name for name in listing.split("\0") if name and not name.startswith(LEFT_OUT)]
    return {ROOT / name: name for name in names}


def site_files():
    """The built site, without what its builder keeps for itself and what a disk cannot serve."""
    own = {".buildinfo", ".built"}
    lite = SITE / "lite"  # needs a web server; the button leads to the page that says so
    files = [
        path
        for path in SITE.rglob("*")
        if path.is_file() and path.name not in own and not path.is_relative_to(lite)
    ]
    return {path: f"site/{path.relative_to(SITE).as_posix()}" for path in files}


if __name__ == "__main__":
    main()
