"""Two builds of one book from nothing give the same bytes."""

import pytest
from tinybook import build, code

EXPLORER = """\
from d2lnotes.explore import Slider, explore
from d2lnotes.plotting import panels

@explore(k=Slider([1, 2, 3], label="power"), n=Slider([0, 5], label="size"))
def powers(figure, k, n):
    left, right = panels(figure, 2)
    left.plot([0, 1, 2], [0, n, 2**k], "o-")
    right.imshow([[k, n], [n, k]], interpolation="none")
    return f"State {k}, {n}.", k

powers"""
PICTURE = """\
import matplotlib.pyplot as plt

figure, axes = plt.subplots()
axes.plot([0, 1, 2], [0, 1, 4]);"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """The files of two sites, by their paths."""
    found = []
    for _ in range(2):
        built = build(
            tmp_path_factory.mktemp("book") / "same",
            "# Index\n\nA [link](#fig-powers?k=2), and $x^2$.\n\n```{explorer-gallery}\n```\n",
            ["# Notebook\n\nWords.", code(EXPLORER, figure="fig-powers"), code(PICTURE)],
            lambda text: text.replace(
                "sphinx:", "parse: {myst_enable_extensions: [dollarmath]}\nsphinx:"
            ),
        )
        assert built.code == 0, built.log
        found.append(
            {path.relative_to(built.site).as_posix(): path.read_bytes()
             for path in built.site.rglob("*") if path.is_file()}
        )  # fmt: skip
    return found


def test_both_builds_have_the_same_files(sites):
    one, two = sites
    assert sorted(one) == sorted(two)


def test_each_file_has_the_same_bytes(sites):
    one, two = sites
    assert [name for name in one if one[name] != two[name]] == []
