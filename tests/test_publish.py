"""What a published book needs: addresses, pictures beside links, the commit, an archive."""

import re
import subprocess
import zipfile
from types import SimpleNamespace
from xml.etree import ElementTree

import publish
import pytest
import release
from PIL import Image
from tinybook import ROOT, build, code

BASE = "https://example.org/notes/"
FOOTER = 'html:\n  extra_footer: <span class="d2l-version">Version</span>\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two small books: one with an address, one without."""

    def built_in(folder):
        return build(folder, index, cells, config=lambda text: text.replace("html:\n", FOOTER))

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("publish")
        index = "# A tiny book\n\nIt says “one & two”.\n"
        cells = ["# Sums\n\nWhat is one and one?", code("print(1 + 1)")]
        without = built_in(folder / "without")
        patch.setenv("D2LNOTES_BASEURL", BASE)
        return SimpleNamespace(at_home=built_in(folder / "with"), without=without)


def meta(page):
    """The tags for those who link to a page."""
    return dict(re.findall(r'<meta property="(og:[^"]+)" content="([^"]*)"', page))


def test_the_site_map_lists_every_page(built):
    tree = ElementTree.parse(built.at_home.site / "sitemap.xml")
    listed = [node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert listed == [BASE + "index.html", BASE + "notebook.html"]
    assert all((built.at_home.site / page.removeprefix(BASE)).exists() for page in listed)


def test_a_page_names_a_picture_and_its_own_address(built):
    tags = meta(built.at_home.page("notebook"))
    assert tags["og:title"] == "Sums"
    assert tags["og:url"] == BASE + "notebook.html"
    assert tags["og:description"].startswith("What is one and one?")
    picture = tags["og:image"].removeprefix(BASE)
    assert (built.at_home.site / picture).read_bytes()[:4] == b"\x89PNG"


def test_without_an_address_nothing_needs_one(built):
    assert built.without.code == 0, built.without.log
    assert not (built.without.site / "sitemap.xml").exists()
    assert meta(built.without.page("notebook")) == {}


@pytest.mark.parametrize("address", ["example.org", "https://example.org/notes", "javascript:1/"])
def test_an_address_that_is_none_is_refused(monkeypatch, address):
    monkeypatch.setenv("D2LNOTES_BASEURL", address)
    with pytest.raises(ValueError, match="whole address of the site"):
        publish.configure(None, SimpleNamespace(html_baseurl=""))


def test_the_footer_names_version_and_commit(built):
    for page in ("index", "notebook"):
        mark = re.search(r'<span class="d2l-version">([^<]*)<', built.without.page(page))[1]
        assert mark == publish.version()
    assert re.fullmatch(r"Version \d+\.\d+\.\d+(, commit [0-9a-f]{7,}(-dirty)?)?", mark)


def test_each_chapter_has_a_picture_of_the_size_that_is_asked():
    chapters = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    cards = {path.stem: path for path in publish.CARDS.glob("*.png")}
    assert cards.keys() == chapters | {"index"}, "run `make picture` for a new chapter's card"
    for path in cards.values():
        with Image.open(path) as card:
            assert card.size == (1200, 630)
            assert len(card.convert("L").getcolors()) > 8, f"{path.name} shows nothing"


def test_citation_names_the_packages_version():
    version = release.__version__
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"Version {version}" in (ROOT / "book" / "cite.md").read_text(encoding="utf-8")


# The archive ----------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A repository of three files with a built site."""
    site = tmp_path / "_build" / "html"
    for name in ("notebooks/01.ipynb", "tests/test_a.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (site / "book").mkdir(parents=True)
    for name in ("index.html", "book/é.html", ".buildinfo"):
        (site / name).write_text(name)
    for command in (["init", "-q"], ["add", "notebooks", "tests", "README.md"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "SITE", site)
    return tmp_path / "_build" / f"deep-learning-notes-{release.__version__}.zip"


def test_the_archive_holds_site_and_notebooks(small):
    release.main()
    with zipfile.ZipFile(small) as archive:
        names = [name.partition("/")[2] for name in archive.namelist()]
        assert archive.testzip() is None
    assert names == ["README.md", "notebooks/01.ipynb", "site/book/é.html", "site/index.html"]


def test_two_archives_are_the_same(small):
    release.main()
    first = small.read_bytes()
    release.main()
    assert small.read_bytes() == first


def test_an_archive_too_large_is_not_left_behind(small, monkeypatch):
    monkeypatch.setattr(release, "LARGEST", 10)
    with pytest.raises(SystemExit, match="at most"):
        release.main()
    assert not list(small.parent.glob("deep*"))


def test_without_a_site_it_says_what_to_do(small, monkeypatch):
    monkeypatch.setattr(release, "SITE", small.parent / "nowhere")
    with pytest.raises(SystemExit, match="make book"):
        release.main()
