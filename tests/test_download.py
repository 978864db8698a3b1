"""Downloads: checked, kept, refused; against a server on this computer, never the network."""

import builtins
import functools
import hashlib
import http.server
import logging
import threading

import pytest

from d2lnotes import data
from d2lnotes.download import SOURCES, download

CONTENT = b"The Time Traveller (for so it will be convenient to speak of him)"


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """A server of one file, with the paths that it was asked for."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "timemachine.txt").write_bytes(CONTENT)
    handler = functools.partial(Handler, directory=tmp_path / "site")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.asked = []
        running.url = f"http://127.0.0.1:{running.server_port}/"
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def pooch_is_there_and_quiet(request):
    if "without_pooch" not in request.node.name:
        pooch = pytest.importorskip("pooch", reason="pooch (d2lnotes[download]) is not installed")
        pooch.get_logger().setLevel(logging.WARNING)


@pytest.fixture
def known_hash(monkeypatch):
    """Make the small file's hash the one that the package knows."""

    def know(content):
        url, _ = SOURCES["time_machine"]
        hashes = {"timemachine.txt": hashlib.sha256(content).hexdigest()}
        monkeypatch.setitem(SOURCES, "time_machine", (url, hashes))

    return know


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_with_the_known_hash_is_kept_and_not_fetched_again(server, tmp_path, known_hash):
    known_hash(CONTENT)
    for _ in range(2):
        (path,) = download("time_machine", folder=tmp_path / "kept", base_url=server.url)
        assert path.read_bytes() == CONTENT
    assert server.asked == ["/timemachine.txt"]


def test_a_file_with_another_hash_is_refused_and_leaves_nothing(server, tmp_path):
    with pytest.raises(ValueError, match="hash"):
        download("time_machine", folder=tmp_path / "kept", base_url=server.url)
    assert server.asked == ["/timemachine.txt"]
    assert files_in(tmp_path / "kept") == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path, known_hash):
    known_hash(CONTENT)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "timemachine.txt").write_bytes(CONTENT[:10])
    (path,) = download("time_machine", folder=tmp_path / "kept", base_url=server.url)
    assert path.read_bytes() == CONTENT


def test_a_missing_file_says_what_to_do_and_leaves_nothing(server, tmp_path):
    with pytest.raises(OSError, match=r"could not download fashion_mnist.*by hand"):
        download("fashion_mnist", folder=tmp_path / "kept", base_url=server.url)
    assert files_in(tmp_path / "kept") == []


def test_without_a_network_it_says_what_to_do(server, tmp_path):
    server.server_close()  # nobody answers at this address any more
    with pytest.raises(OSError, match="connect to the network and try again, or put timemachine"):
        download("time_machine", folder=tmp_path / "kept", base_url=server.url)


def test_without_pooch_it_says_which_command_installs_it(monkeypatch):
    def refuse(name, *args, **kwargs):
        if name == "pooch":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"pip install 'd2lnotes\[download\]'"):
        download("time_machine")


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="expected one of fashion_mnist, time_machine, got 'mnist"):
        download("mnist")


def test_the_known_hashes_are_those_of_the_official_files():
    _, hashes = SOURCES["fashion_mnist"]
    assert [digest[:8] for digest in hashes.values()] == [
        "3aede38d",
        "a04f1713",
        "346e55b9",
        "67da17c7",
    ]


def test_full_sets_are_read_from_what_was_downloaded(server, tmp_path, known_hash, monkeypatch):
    known_hash(CONTENT)
    fetch = functools.partial(download, folder=tmp_path / "kept", base_url=server.url)
    monkeypatch.setattr(data, "download", fetch)
    assert data.time_machine() == CONTENT.decode()
