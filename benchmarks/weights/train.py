"""Train the models whose weights ship with the book, and compare them with their figures.

Run from the root of the repository:

    python benchmarks/weights/train.py [--write] [name ...]

Each ``chapterNN.py`` beside this file holds ``WEIGHTS``: for each name the functions that build,
train and score a model, the score that the chapter prints, and how far another machine may land
from it. Without ``--write`` nothing is stored: a training that lands elsewhere fails, which is
what the weekly run is for. With it the files in ``d2lnotes/weights`` are made anew.
"""

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from d2lnotes import nn

FOLDER = Path(nn.__file__).parent / "weights"
HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # the chapters import from here and from benchmarks/


@dataclass(frozen=True)
class Shipped:
    """One file of weights: how it is made, and what it must be worth.

    Attributes
    ----------
    build : callable
        From a generator to the untrained model, an ``nn.Module``.
    train : callable
        From that model and the same generator to nothing: trains the model in place.
    score : callable
        From a trained model to the figure that the chapter prints (an accuracy, a perplexity).
    expected, spread : float
        The shipped weights score ``expected`` to three digits; a new training within ``spread``.
    """

    build: Callable
    train: Callable
    score: Callable
    expected: float
    spread: float


def shipped():
    """All files of weights, by name, from every chapter beside this file."""
    found = {}
    for path in sorted(HERE.glob("chapter*.py")):
        spec = importlib.util.spec_from_file_location(f"weights_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.WEIGHTS
    return found


def main(names, write):
    failed = False
    for name, entry in shipped().items():
        if names and name not in names:
            continue
        rng, start = np.random.default_rng(0), time.perf_counter()
        model = entry.build(rng)
        entry.train(model, rng)
        seconds, score = time.perf_counter() - start, entry.score(model)
        right = abs(score - entry.expected) <= entry.spread
        failed |= not right
        print(
            f"{name}: {score:.4f}, expected {entry.expected} ± {entry.spread}"
            f"{'' if right else '  <-- outside'}; {seconds:.0f} s"
        )
        if write:
            nn.save(FOLDER / f"{name}.npz", model)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true", help="store the new weights")
    options = parser.parse_args()
    sys.exit(main(options.names, options.write))
