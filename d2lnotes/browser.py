"""Running in a browser: shorter trainings where Python is slow, and a word about it."""

import sys


def in_browser() -> bool:
    """Whether this is Pyodide, Python compiled for the browser.

    Returns
    -------
    bool

    Examples
    --------
    >>> in_browser()
    False
    """
    return sys.platform == "emscripten"


def fewer_in_browser(full: int, few: int, what: str) -> int:
    """A number of steps, epochs or examples that is smaller in the browser, and says so there.

    NumPy multiplies matrices 25 to 110 times slower in Pyodide, without BLAS and with one thread.

    Parameters
    ----------
    full : int
        The number that the text speaks of.
    few : int
        The number in the browser, at least 1 and below `full`.
    what : str
        What is counted, for the sentence.

    Returns
    -------
    int
        `full`; in the browser `few`.

    Raises
    ------
    ValueError
        `few` is not below `full`, or below 1.

    Examples
    --------
    >>> fewer_in_browser(20, 5, "epochs")
    20
    """
    if not 1 <= few < full:
        raise ValueError(f"expected 1 <= few < full, got few={few} and full={full}")
    if not in_browser():
        return full
    print(f"In the browser: {few} {what} instead of {full}; the text speaks of {full}.")
    return few
