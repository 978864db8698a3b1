"""How much memory and time a class needs: students who run a chapter at once on one JupyterHub.

A real hub on 127.0.0.1 with a real proxy, one server and one kernel a student, as The Littlest
JupyterHub runs them; only the log-in is a dummy. Each student opens the chapter and runs all of
its cells from top to bottom, through the proxy, as JupyterLab does.

It needs what a hub needs, which the book does not: ``pip install jupyterhub`` into the book's
environment and ``npm install -g configurable-http-proxy``.

    python benchmarks/classroom.py --students 10 --chapter 03_linear_regression
"""

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import requests
import websocket

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TOKEN = uuid.uuid4().hex
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"OMP_NUM_THREADS": "1"}}
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.services = [{{"name": "class", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{"name": "class", "services": ["class"],
    "scopes": ["admin:users", "admin:servers", "access:servers"]}}]
"""


def free_ports(count):
    """Ports on which nothing listens now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_hub(folder):
    """Start a hub, wait until it answers, and return its process and its address."""
    proxy = shutil.which("configurable-http-proxy")
    if not proxy:
        sys.exit("no configurable-http-proxy; npm install -g configurable-http-proxy")
    port, hub_port, proxy_port = free_ports(3)
    config = folder / "jupyterhub_config.py"
    config.write_text(
        CONFIG.format(port=port, hub_port=hub_port, proxy_port=proxy_port, proxy=[proxy],
                      folder=folder, token=TOKEN)
    )  # fmt: skip
    log = open(folder / "hub.log", "w")  # open until the hub ends
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    hub = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: call("get", f"{address}/hub/api/").ok, 120, f"the hub; see {folder}/hub.log")
    return hub, address


def call(method, url, **options):
    """A request with the class's token; a hub that does not listen yet answers nothing."""
    try:
        return requests.request(
            method, url, headers={"Authorization": f"token {TOKEN}"}, timeout=60, **options
        )
    except requests.ConnectionError:
        nobody = requests.Response()
        nobody.status_code = 503
        return nobody


def wait_for(condition, seconds, what):
    """Ask every tenth of a second, and give up with a message."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s for {what}")
        time.sleep(0.1)


def attend(address, name, cells):
    """One student: log in, get a server, open a kernel, run all cells.

    Returns
    -------
    dict of float
        Seconds until the server answers, until the first cell has run, and until the last.
    """
    begin = time.monotonic()
    api = f"{address}/hub/api/users/{name}"
    call("post", api).raise_for_status()
    call("post", f"{api}/server").raise_for_status()
    server = f"{address}/user/{name}"
    wait_for(lambda: call("get", f"{server}/api/status").ok, 300, f"the server of {name}")
    at_server = time.monotonic()
    kernel = call("post", f"{server}/api/kernels", json={"name": "python3"}).json()["id"]
    channel = websocket.create_connection(
        f"{server}/api/kernels/{kernel}/channels".replace("http", "ws", 1),
        header=[f"Authorization: token {TOKEN}"], timeout=600,
    )  # fmt: skip
    run(channel, cells[0])
    at_first = time.monotonic()
    for source in cells[1:]:
        run(channel, source)
    return {
        "server": at_server - begin,
        "first cell": at_first - at_server,
        "all cells": time.monotonic() - at_first,
    }


def run(channel, source):
    """Run one cell and wait for its answer; an error in it ends the benchmark."""
    ident = uuid.uuid4().hex
    header = {"msg_id": ident, "msg_type": "execute_request", "username": "", "session": ident,
              "version": "5.3"}  # fmt: skip
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content,
               "channel": "shell", "buffers": []}  # fmt: skip
    channel.send(json.dumps(message))
    while True:
        frame = channel.recv()
        if isinstance(frame, bytes):  # a picture of a widget, sent with its buffers
            continue
        answer = json.loads(frame)
        if answer["parent_header"].get("msg_id") == ident and answer["msg_type"] == "execute_reply":
            if answer["content"]["status"] != "ok":
                raise RuntimeError(f"a cell failed: {answer['content'].get('evalue')}\n{source}")
            return


def memory(hub):
    """Megabytes of the hub with its proxy, of each server and of each kernel (unique pages)."""
    sizes = {"hub": 0, "server": [], "kernel": []}
    for process in [psutil.Process(hub.pid), *psutil.Process(hub.pid).children(recursive=True)]:
        words = " ".join(process.cmdline())
        size = process.memory_full_info().uss / 1e6
        if "ipykernel_launcher" in words:
            sizes["kernel"].append(size)
        elif "singleuser" in words:
            sizes["server"].append(size)
        else:
            sizes["hub"] += size
    return sizes


def main():
    """Run the class and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=10)
    parser.add_argument("--chapter", default="03_linear_regression")
    asked = parser.parse_args()
    book = json.loads((NOTEBOOKS / f"{asked.chapter}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    cells = ["".join(cell["source"]) for cell in code
             if "raises-exception" not in cell["metadata"].get("tags", [])]  # fmt: skip
    names = [f"student{k}" for k in range(asked.students)]
    with tempfile.TemporaryDirectory(prefix="class") as temporary:
        folder = Path(temporary)
        for name in names:
            (folder / "home" / name).mkdir(parents=True)
        hub, address = start_hub(folder)
        try:
            before = psutil.cpu_times()
            with ThreadPoolExecutor(len(names)) as pool:
                times = list(pool.map(lambda name: attend(address, name, cells), names))
            after = psutil.cpu_times()
            sizes = memory(hub)
        finally:
            hub.terminate()
            hub.wait(60)
    print(f"{asked.students} students ran the {len(cells)} cells of {asked.chapter} at once, "
          f"{psutil.cpu_count()} cores")  # fmt: skip
    for what in times[0]:
        values = [one[what] for one in times]
        print(f"{what:12} median {statistics.median(values):6.1f} s, longest {max(values):6.1f} s")
    for what in ("server", "kernel"):
        values = sizes[what]
        print(f"{what:12} {len(values)} of {statistics.mean(values):.0f} MB each")
    print(f"{'hub, proxy':12} {sizes['hub']:.0f} MB")
    print(f"processor    {(after.user - before.user) / asked.students:.1f} s a student")


if __name__ == "__main__":
    main()
