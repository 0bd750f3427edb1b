"""Debian's Firefox, driven by WebDriver BiDi: JSON over its own WebSocket, without a driver."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import websocket
from patience import slowness, until

NAMES = ("firefox-esr", "firefox")
HOW_TO_GET_ONE = "install Firefox (Debian: apt-get install firefox-esr)"


def find():
    """The path of a Firefox that is there, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def install():
    """Install a Firefox where that is allowed, and return its path, or None where it is not."""
    if Path("/etc/debian_version").exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        new = ["apt-get", "install", "--yes", "--no-install-recommends", NAMES[0]]
        for command in (["apt-get", "update"], new):
            try:
                subprocess.run(command, check=True, timeout=600, env=environment)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"browser tests: {error}", file=sys.stderr)
    return find()


@contextlib.contextmanager
def started(path, folder):
    """A headless Firefox with a new profile in `folder`; yields a `Firefox`."""
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    line = [path, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile]
    with log.open("w") as out:
        process = subprocess.Popen(line, stdout=out, stderr=out)
    try:
        listens = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
        found = until(lambda: listens.search(log.read_text()), log.read_text, 60)
        with contextlib.closing(Firefox(found[1])) as firefox:
            yield firefox
    finally:
        process.terminate()
        process.wait()


class Firefox:
    """One tab, and the errors that its console reported.

    Attributes
    ----------
    errors : list of str
    """

    def __init__(self, address):
        # a page's origin would be refused
        self._socket = websocket.create_connection(
            f"{address}/session", suppress_origin=True, timeout=60 * slowness()
        )
        self._sent, self.errors = 0, []
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        # in the tab that is there the address bar has the focus, which JupyterLab's shell follows:
        # no widget would be its current one
        self._tab = self._ask("browsingContext.create", type="tab")["context"]

    def open(self, address):
        """Go to an address and wait until it is loaded."""
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, function, *values):
        """What a function of JavaScript answers to plain values."""
        call = f"Promise.resolve(({function})(...{json.dumps(values)})).then(JSON.stringify)"
        target = {"context": self._tab}
        found = self._ask("script.evaluate", expression=call, target=target, awaitPromise=True)
        if found["type"] == "exception":
            raise AssertionError(found["exceptionDetails"]["text"])
        return json.loads(found["result"].get("value", "null"))

    def close(self):
        """End the session."""
        self._socket.close()

    def _ask(self, method, **params):
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._sent:
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(answer["params"]["text"])
        if answer["type"] == "error":
            raise AssertionError(f"{method}: {answer['error']}, {answer['message']}")
        return answer["result"]
