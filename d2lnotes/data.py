"""The data sets, loaded from inside the package with NumPy and the standard library."""

import csv
from importlib.resources import files

import numpy as np


def penguins():
    """Palmer penguins: 344 birds of three species, measured on three islands from 2007 to 2009.

    Returns
    -------
    dict of str to ndarray of shape (344,)
        ``species``, ``island``, ``sex`` as strings (``""`` where unknown); ``bill_length_mm``,
        ``bill_depth_mm``, ``flipper_length_mm``, ``body_mass_g`` and ``year`` as float64
        (NaN where unknown; 333 rows are complete).

    Notes
    -----
    Gorman, Williams and Fraser (2014); collected by Horst, Hill and Gorman; CC0.

    Examples
    --------
    >>> birds = penguins()
    >>> birds["species"][0], birds["body_mass_g"][0].item()
    (np.str_('Adelie'), 3750.0)
    """
    with files("d2lnotes").joinpath("datasets/penguins.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    table = {}
    for name in rows[0]:
        words = ["" if row[name] in ("", "NA") else row[name] for row in rows]
        try:
            table[name] = np.array([float(word or "nan") for word in words])
        except ValueError:
            table[name] = np.array(words)
    return table
