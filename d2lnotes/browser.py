"""Running in a browser: shorter trainings where Python is slow, and a word about it."""

import os
import sys

#: Set, it makes everything here behave as in a browser, to try the shorter notebooks elsewhere.
PRETEND = "D2LNOTES_AS_IN_BROWSER"


def is_used() -> bool:
    """Whether this is Pyodide, Python compiled for the browser.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_used()
    False
    """
    return sys.platform == "emscripten" or bool(os.environ.get(PRETEND))


def fewer(full: int, few: int, what: str) -> int:
    """A number of steps, epochs or examples that is smaller in a browser, and says so there.

    NumPy multiplies matrices 25 to 110 times slower in Pyodide, without BLAS and with one thread.

    Parameters
    ----------
    full : int
        The number that the text speaks of.
    few : int
        The number in a browser, at least 1 and below `full`.
    what : str
        What is counted, for the sentence.

    Returns
    -------
    int
        `full`; in a browser `few`.

    Raises
    ------
    ValueError
        `few` is not below `full`, or below 1.

    Examples
    --------
    >>> fewer(20, 5, "epochs")
    20
    """
    if not 1 <= few < full:
        raise ValueError(f"expected 1 <= few < full, got few={few} and full={full}")
    if not is_used():
        return full
    print(f"In the browser: {few:,} {what} instead of {full:,}; the text speaks of {full:,}.")
    return few


def slow(seconds: float) -> None:
    """Say, in a browser only, that the cell takes its time.

    Parameters
    ----------
    seconds : float
        What it takes on a computer with Python installed, positive.

    Raises
    ------
    ValueError
        `seconds` is not positive.

    Examples
    --------
    >>> slow(4)
    """
    if not seconds > 0:
        raise ValueError(f"expected a positive number of seconds, got {seconds}")
    if is_used():
        print(f"This takes {seconds:g} s where Python is installed; in the browser, minutes.")
