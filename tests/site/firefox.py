"""Firefox, driven by what it speaks itself: WebDriver BiDi, which is JSON over a WebSocket.

Playwright drives a stock Firefox too (``channel="moz-firefox"``), but asks for commands that the
release with extended support, which Debian has, does not know; Selenium needs geckodriver, which
the usual package registries do not carry. The tests need few commands, so they are spelt out here.

https://w3c.github.io/webdriver-bidi/
"""

import json
import re
import subprocess
from threading import Thread

import websocket

PREFERENCES = {
    "ui.prefersReducedMotion": 1,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    # Nothing answers there: what is not on this machine cannot be reached.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
#: Private codes of WebDriver for the keys that are no characters.
KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014",
        "ArrowDown": "\ue015", "End": "\ue010", "Home": "\ue011", "Space": " "}  # fmt: skip


class Firefox:
    """A headless Firefox with one page, and what that page said and asked for."""

    def __init__(self, program, profile):
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items()]
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        flags = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile]
        self.process = subprocess.Popen(
            [program, *flags, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        listens = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
        found = next(filter(None, map(listens.search, self.process.stderr)), None)
        if found is None:
            raise RuntimeError(f"{program} ended without listening for WebDriver BiDi")
        Thread(target=self.process.stderr.read, daemon=True).start()  # or its pipe fills up
        self.socket = websocket.create_connection(
            found[1] + "/session", suppress_origin=True, timeout=60
        )
        self.sent, self.said, self.asked = 0, [], []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        # A window of its own: the first one loses the focus, and some keys do nothing without it.
        self.page = self.send("browsingContext.create", type="window")["context"]
        self.send("browsingContext.setViewport", context=self.page,
                  viewport={"width": 1200, "height": 900})  # fmt: skip

    def send(self, method, **params):
        """Send a command and return its result; note what happened until it came."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer["type"] == "event":
                self.note(answer["method"], answer["params"])
            elif answer["id"] == self.sent:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def note(self, event, params):
        """Keep what the page said (console and uncaught errors) and which addresses it loads."""
        if event == "log.entryAdded" and params["level"] in ("warn", "error"):
            self.said.append(params["text"])
        elif event == "network.beforeRequestSent":
            self.asked.append(params["request"]["url"])

    def open(self, address):
        """Load a page; what the one before said is forgotten."""
        self.said.clear()
        self.asked.clear()
        self.send("browsingContext.navigate", context=self.page, url=address, wait="complete")

    def evaluate(self, function, *values):
        """Call a JavaScript function with plain values and return its plain result, awaited."""
        given = json.dumps(values)
        code = f"(async () => JSON.stringify(await ({function})(...{given})) ?? 'null')()"
        result = self.send("script.evaluate", expression=code, target={"context": self.page},
                           awaitPromise=True)  # fmt: skip
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def press(self, key):
        """Press a key where the focus is."""
        actions = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
        self.send("input.performActions", context=self.page,
                  actions=[{"type": "key", "id": "keyboard", "actions": actions}])  # fmt: skip

    def close(self):
        """End this Firefox."""
        self.send("browser.close")
        self.socket.close()
        self.process.wait(timeout=30)
