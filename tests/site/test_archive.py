"""The archive of a release: what it holds is the site that all other tests look at."""

import zipfile

import pytest
import release
from conftest import SITE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def unpacked(site, tmp_path_factory):
    """The archive's own folder, unpacked elsewhere."""
    folder = tmp_path_factory.mktemp("archive with a blank")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "SITE", SITE)
        archive = release.pack(folder)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "unpacked")
    return next((folder / "unpacked").iterdir())


def test_its_site_is_the_one_that_was_tested(unpacked):
    inside = [path for path in SITE.rglob("*") if path.relative_to(SITE).parts[0] != "lite"]
    for page in inside:  # JupyterLite needs a server
        if page.is_file() and page.name not in (".built", ".buildinfo"):
            assert (unpacked / "site" / page.relative_to(SITE)).read_bytes() == page.read_bytes()


def test_it_holds_what_make_needs_to_build_it_again(unpacked):
    for name in ("Makefile", "_config.yml", "_toc.yml", "requirements.txt", "constraints.txt",
                 "pyproject.toml", "book", "notebooks", "d2lnotes/datasets/NOTICE"):  # fmt: skip
        assert (unpacked / name).exists()


def test_a_figure_moves_in_it(unpacked, open_page):
    page, watch = open_page((unpacked / "site/notebooks/03_linear_regression.html").as_uri())
    figure = page.locator("#fig-polynomial-degree[data-ready]")
    before = figure.locator(".d2l-sentence").text_content()
    figure.locator("input[name='degree']").press("ArrowRight")
    assert figure.locator(".d2l-sentence").text_content() != before
    assert not watch.blocked and not watch.complaints()
