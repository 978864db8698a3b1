"""The bar that shows how far a training is, where someone looks on."""

import math
import os
import sys


def progress_bar(total, progress):
    """A tqdm bar, or None where nobody looks on."""
    if not (_someone_looks_on() if progress is None else progress):
        return None
    from tqdm.auto import tqdm

    return tqdm(total=total, unit="batch")


def _someone_looks_on():
    """Whether there is a terminal, or a notebook that a person runs.

    The front ends in which people work let a cell ask for input; those that execute notebooks
    for a book or a test do not.
    """
    if os.environ.get("CI"):
        return False
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):
        return getattr(shell.kernel, "_allow_stdin", False)
    return sys.stderr.isatty()


def advance(bar, title, loss, share):
    numbers = {"loss": f"{loss:.3f}"} | ({} if math.isnan(share) else {"accuracy": f"{share:.3f}"})
    bar.set_description(title, refresh=False)
    bar.set_postfix(numbers, refresh=False)
    bar.update()
