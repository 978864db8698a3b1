"""Larger data sets for readers with a network: fetched once, checked, kept."""

from pathlib import Path

SOURCES = {  # name: (base URL, {file: SHA-256})
    "fashion_mnist": (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
        "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
        {
            "train-images-idx3-ubyte.gz": (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
            ),
            "train-labels-idx1-ubyte.gz": (
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
        },
    ),
    "time_machine": (
        "https://raw.githubusercontent.com/d2l-ai/d2l-zh/"
        "5918a8b9e8dd92e5085c15118e76c919b04f09a7/data/",
        {
            "timemachine.txt": "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
        },
    ),
}


def download(name: str, folder=None, base_url: str | None = None) -> list[Path]:
    """Fetch a larger data set, check its SHA-256, and keep it for the next time.

    Parameters
    ----------
    name : {"fashion_mnist", "time_machine"}
        30 MB in four files, or 0.2 MB in one. ``fashion_mnist(full=True)`` and
        ``time_machine()`` download and read in one step.
    folder : path-like, optional
        Where the files are kept; by default the user's cache folder.
    base_url : str, optional
        Another place that has the same files; it ends in ``/``. Their hashes must agree.

    Returns
    -------
    list of Path
        The files. What is there already and has the right hash is not fetched again.

    Raises
    ------
    ImportError
        pooch is missing; the message has the command that installs it.
    OSError
        The server cannot be reached.
    ValueError
        ``name`` is unknown, or a file does not have the known hash. Such a file is not kept.

    Examples
    --------
    >>> download("mnist")
    Traceback (most recent call last):
    ValueError: expected one of fashion_mnist, time_machine, got 'mnist'
    """
    if name not in SOURCES:
        raise ValueError(f"expected one of {', '.join(SOURCES)}, got {name!r}")
    try:
        import pooch
    except ImportError:
        raise ImportError(
            "downloads need pooch; install it with: pip install 'd2lnotes[download]'"
        ) from None
    known_url, hashes = SOURCES[name]
    store = pooch.create(
        path=folder or pooch.os_cache("d2lnotes"),
        base_url=base_url or known_url,
        registry={file: f"sha256:{digest}" for file, digest in hashes.items()},
    )
    try:
        return [Path(store.fetch(file)) for file in hashes]
    except OSError as error:
        raise OSError(
            f"could not download {name} from {store.base_url}; connect to the network and try "
            f"again, or put {', '.join(hashes)} into {store.abspath} by hand. What ships with the "
            "package, fashion_mnist() and alice(), needs no network"
        ) from error
