"""The data sets, read from inside the package, and what hands them to a model in batches.

NumPy and the standard library only, no pickle, no network: the same in the browser. What does not
ship comes through ``download.py``; texts become numbers in ``text.py``, which also generates
sentences.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from d2lnotes.download import download

#: The ten classes of Fashion-MNIST; the label of an image is an index into this list.
FASHION_CLASSES = (
    "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
).split(", ")
#: Mean and standard deviation of all pixels of the full training set, in units of [0, 1].
FASHION_MEAN, FASHION_STD = 0.2860, 0.3530


# Images --------------------------------------------------------------------------------------


def fashion_mnist(standardize: bool = False, full: bool = False) -> tuple[np.ndarray, ...]:
    r"""Fashion-MNIST: grey pictures of clothes in ten classes (:data:`FASHION_CLASSES`).

    Parameters
    ----------
    standardize : bool
        Return :math:`(x - 0.2860) / 0.3530`, with the mean and standard deviation of the full
        training set, instead of pixels in [0, 1]. Training is steadier so.
    full : bool
        All 60,000 + 10,000 images instead of the 10,000 + 2,000 that ship, through
        :func:`~d2lnotes.download.download`.

    Returns
    -------
    X_train : ndarray of shape (10000, 28, 28), float32
        The first 1,000 training images of each class, in the official order. Pixels in [0, 1],
        0 is the background.
    y_train : ndarray of shape (10000,), int64
        Labels 0 to 9.
    X_test : ndarray of shape (2000, 28, 28), float32
        The first 200 test images of each class.
    y_test : ndarray of shape (2000,), int64
        Their labels.

    Notes
    -----
    Xiao, Rasul and Vollgraf (2017); MIT licence, © 2017 Zalando SE. An accuracy near 0.86 on
    2,000 images has a standard error of 0.8 points.

    Examples
    --------
    >>> X_train, y_train, X_test, y_test = fashion_mnist()
    >>> X_train.shape, X_test.shape, FASHION_CLASSES[y_train[0]]
    ((10000, 28, 28), (2000, 28, 28), 'Ankle boot')
    """
    if full:
        X_train, y_train, X_test, y_test = map(_read_idx, download("fashion_mnist"))
    else:
        X_train, y_train, X_test, y_test = _load_npz("fashion_mnist_10k.npz").values()
    X_train, X_test = (X.astype(np.float32) / 255 for X in (X_train, X_test))
    if standardize:
        X_train, X_test = ((X - FASHION_MEAN) / FASHION_STD for X in (X_train, X_test))
    return X_train, y_train.astype(np.int64), X_test, y_test.astype(np.int64)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits of 8×8 pixels, small enough to train on in a second.

    Returns
    -------
    X : ndarray of shape (1797, 8, 8), float32
        Pixels in [0, 1] in steps of 1/16, 0 is the background.
    y : ndarray of shape (1797,), int64
        The digits 0 to 9.

    Notes
    -----
    Alpaydin and Kaynak (1998), the test part, CC BY 4.0. The rows are in the order in which people
    wrote: neighbours are by the same hand. A split in file order tests on other writers, a
    shuffled one does not.

    Examples
    --------
    >>> X, y = digits()
    >>> X.shape, y[:5].tolist()
    ((1797, 8, 8), [0, 1, 2, 3, 4])
    """
    archive = _load_npz("digits.npz")
    return archive["images"].astype(np.float32) / 16, archive["labels"].astype(np.int64)


# Texts ---------------------------------------------------------------------------------------


def alice() -> str:
    """*Alice's Adventures in Wonderland* by Lewis Carroll (1865), in the public domain.

    Returns
    -------
    str
        148,324 characters.

    Examples
    --------
    >>> alice().splitlines()[0]
    "Alice's Adventures in Wonderland, by Lewis Carroll (1865)"
    """
    return _read_text("alice.txt.gz")


def time_machine() -> str:
    """*The Time Machine* by H. G. Wells (1895), through :func:`~d2lnotes.download.download`.

    Returns
    -------
    str
        The text that *Dive into Deep Learning* uses, 178,979 bytes.

    Examples
    --------
    >>> text = time_machine()  # doctest: +SKIP
    """
    (path,) = download("time_machine")
    return path.read_text(encoding="utf-8")


def interface_strings() -> list[tuple[str, str]]:
    """The words of JupyterLab's menus and messages, in English and in French.

    Returns
    -------
    list of (str, str)
        1,936 real translations, in alphabetical order of the English: few, irregular, with
        names and placeholders. Models memorise them; ``text.phrase_pairs`` can be learned.

    Notes
    -----
    © 2023 Project Jupyter Contributors, BSD-3-Clause.

    Examples
    --------
    >>> pairs = interface_strings()
    >>> len(pairs), pairs[1]
    (1936, ('Abort rebase', 'Annuler le rebase'))
    """
    lines = _read_text("jupyterlab_eng_fra.tsv.gz").splitlines()
    return [tuple(line.split("\t")) for line in lines]


# Tables and series ---------------------------------------------------------------------------


def penguins() -> dict[str, np.ndarray]:
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
    return _read_table("penguins.csv")


def el_nino() -> dict[str, np.ndarray]:
    """Sea-surface temperature off Peru (region El Niño 1+2), monthly from 1950 to 2010.

    Returns
    -------
    dict of str to ndarray of shape (732,)
        ``month`` as datetime64[M], ``sst_c`` in degrees Celsius as float64; no gaps.

    Notes
    -----
    NOAA/NWS Climate Prediction Center, ERSST.V3B; public domain.

    Examples
    --------
    >>> series = el_nino()
    >>> str(series["month"][0]), series["sst_c"][0].item()
    ('1950-01', 23.11)
    """
    return _monthly(_read_table("elnino_sst.csv"))


def sunspots() -> dict[str, np.ndarray]:
    """The number of sunspots, monthly from 1749 to 2008: a cycle of about eleven years.

    Returns
    -------
    dict of str to ndarray of shape (3120,)
        ``month`` as datetime64[M], ``sunspots`` as float64, at least 0; no gaps.

    Notes
    -----
    NOAA National Geophysical Data Center; public domain. Another count than today's official
    series, which was recalibrated in 2015.

    Examples
    --------
    >>> series = sunspots()
    >>> str(series["month"][0]), series["sunspots"][0].item()
    ('1749-01', 58.0)
    """
    return _monthly(_read_table("sunspots.csv.gz"))


def weights(name: str) -> Path:
    """The file of trained weights that ships under a name, for :func:`d2lnotes.nn.load`.

    Parameters
    ----------
    name : str
        As the chapter that uses them says.

    Returns
    -------
    Path
        An .npz file. ``benchmarks/weights`` holds the training that made it.

    Raises
    ------
    ValueError
        No weights of that name ship.

    Examples
    --------
    >>> weights("alexnet")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ValueError: expected the name of weights that ship (...), got 'alexnet'
    """
    folder = Path(str(files("d2lnotes"))) / "weights"
    path = folder / f"{name}.npz"
    if not path.exists():
        ours = ", ".join(sorted(p.stem for p in folder.glob("*.npz")))
        raise ValueError(f"expected the name of weights that ship ({ours}), got {name!r}")
    return path


# Reading files -------------------------------------------------------------------------------


def _read_bytes(name):
    return files("d2lnotes").joinpath("datasets", name).read_bytes()


def _read_text(name):
    content = _read_bytes(name)
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")


def _load_npz(name):
    return np.load(io.BytesIO(_read_bytes(name)), allow_pickle=False)


def _read_table(name):
    """Columns by name: float64 where every entry is a number or unknown, else strings."""
    rows = list(csv.DictReader(io.StringIO(_read_text(name))))
    table = {}
    for column in rows[0]:
        words = ["" if row[column] in ("", "NA") else row[column] for row in rows]
        try:
            table[column] = np.array([float(word or "nan") for word in words])
        except ValueError:
            table[column] = np.array(words)
    return table


def _monthly(table):
    return table | {"month": table["month"].astype("datetime64[M]")}


def _read_idx(path):
    """The format of the MNIST files: two zeros, type 8 for bytes, the number of axes; their
    lengths as big-endian int32; the values."""
    content = gzip.decompress(Path(path).read_bytes())
    num_axes = content[3]
    shape = np.frombuffer(content, ">i4", num_axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * num_axes).reshape(shape)


# From arrays to batches ----------------------------------------------------------------------


class DataLoader:
    """Go through arrays in batches: ``for X, y in loader``, once for each epoch.

    Parameters
    ----------
    *arrays : array_like of shape (n, ...)
        Inputs, labels and so on: row i of each belongs to example i.
    batch_size : int
        Examples in a batch, at least 1. The last batch is smaller where n is no multiple.
    shuffle : bool
        Draw a new order for every epoch; this needs ``rng``.
    rng : numpy.random.Generator, optional
        Source of the order.
    drop_last : bool
        Leave out a last batch that is smaller than the others.

    Raises
    ------
    ValueError
        No array, no examples, arrays of different lengths, a batch size below 1, a NaN or an
        infinity in the data, ``shuffle`` without ``rng``, or ``drop_last`` that drops everything.
    TypeError
        A batch size that is not whole, or rows of different lengths.

    Examples
    --------
    >>> loader = DataLoader([[1.0], [2.0], [3.0]], [0, 1, 0], batch_size=2)
    >>> [y.tolist() for X, y in loader]
    [[0, 1], [0]]
    >>> len(loader)
    2
    """

    def __init__(self, *arrays, batch_size: int, shuffle=False, rng=None, drop_last=False):
        self.arrays = _checked(arrays)
        if not isinstance(batch_size, (int, np.integer)):
            raise TypeError(f"expected a whole batch_size, got {batch_size!r}")
        if batch_size < 1:
            raise ValueError(f"expected batch_size of at least 1, got {batch_size}")
        if shuffle and rng is None:
            raise ValueError("shuffle=True needs an rng; pass rng=np.random.default_rng(0)")
        self.num_examples = n = len(self.arrays[0])
        if drop_last and n < batch_size:
            raise ValueError(f"drop_last leaves nothing of {n} examples; take a smaller batch_size")
        self.batch_size, self.drop_last = batch_size, drop_last
        self.shuffle, self.rng = shuffle, rng

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        if self.drop_last:
            return self.num_examples // self.batch_size
        return -(-self.num_examples // self.batch_size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield one tuple of arrays a batch; without shuffling these are views."""
        order = self.rng.permutation(self.num_examples) if self.shuffle else None
        for k in range(len(self)):
            batch = slice(k * self.batch_size, (k + 1) * self.batch_size)
            rows = batch if order is None else order[batch]
            yield tuple(array[rows] for array in self.arrays)


def _checked(arrays):
    """Arrays of one length with finite numbers, or an error that says which is not."""
    if not arrays:
        raise ValueError("expected at least one array; pass the inputs, then the labels")
    try:
        arrays = [np.asarray(array) for array in arrays]
    except ValueError:
        raise TypeError("rows differ in length; pad them first (text.pad_sequences)") from None
    shapes = [array.shape for array in arrays]
    if any(shape == () for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
        raise ValueError(f"expected arrays with the same number of rows, got shapes {shapes}")
    if shapes[0][0] == 0:
        raise ValueError(f"expected at least one example, got arrays of shapes {shapes}")
    for which, array in enumerate(arrays):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            count = (~np.isfinite(array)).sum()
            raise ValueError(f"array {which} has {count} NaN or infinite entries; fill them first")
    return arrays


def train_val_test_split(*arrays, val: float = 0.2, test: float = 0.2, rng=None):
    """Split the rows of arrays into three parts that share none.

    Parameters
    ----------
    *arrays : array_like of shape (n, ...)
        Inputs, labels and so on.
    val, test : float
        Their shares of the n examples, in [0, 1); rounded to whole examples.
    rng : numpy.random.Generator, optional
        Draws the order. Without it the rows stay in order, the last ones for the test: right
        for a time series, and for asking how a model does on other writers.

    Returns
    -------
    train, val, test : tuple of ndarray
        Each holds its rows of every array.

    Raises
    ------
    ValueError
        Shares outside [0, 1), or such that a part asked for (or the training set) is empty.

    Examples
    --------
    >>> (X, y), (X_val, y_val), (X_test, y_test) = train_val_test_split(
    ...     np.arange(10.0), np.arange(10) % 2, val=0.2, test=0.1
    ... )
    >>> X_val, X_test
    (array([7., 8.]), array([9.]))
    """
    arrays = _checked(arrays)
    n = len(arrays[0])
    if not (0 <= val < 1 and 0 <= test < 1):
        raise ValueError(f"expected shares in [0, 1), got val={val}, test={test}")
    num_val, num_test = round(n * val), round(n * test)
    sizes = {"train": n - num_val - num_test, "val": num_val, "test": num_test}
    if sizes["train"] < 1 or (val and not num_val) or (test and not num_test):
        raise ValueError(f"{val=}, {test=} split {n} examples into {sizes}: a part is empty")
    order = np.arange(n) if rng is None else rng.permutation(n)
    parts = np.split(order, [sizes["train"], n - num_test])
    return tuple(tuple(array[part] for array in arrays) for part in parts)


def k_fold(n: int, k: int, rng=None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Indices for k-fold cross-validation: each example validates once and trains k − 1 times.

    Parameters
    ----------
    n : int
        Number of examples.
    k : int
        Number of folds, 2 to n. Their sizes differ by at most one.
    rng : numpy.random.Generator, optional
        Draws the order; without it folds are runs of neighbours.

    Returns
    -------
    list of (train, val)
        k pairs of index arrays.

    Raises
    ------
    ValueError
        ``k`` is not between 2 and n.

    Examples
    --------
    >>> [val.tolist() for train, val in k_fold(5, 2)]
    [[0, 1, 2], [3, 4]]
    """
    if not 2 <= k <= n:
        raise ValueError(f"expected k between 2 and the number of examples, {n}; got {k}")
    order = np.arange(n) if rng is None else rng.permutation(n)
    folds = np.array_split(order, k)
    trains = [np.concatenate(folds[:j] + folds[j + 1 :]) for j in range(k)]
    return list(zip(trains, folds, strict=True))
