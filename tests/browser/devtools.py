"""Drives a headless Chromium over the DevTools protocol: start it, open a page, evaluate, choose files."""

import itertools
import json
import os
import shutil
import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
INSECURE_HOST = "insecure.example"
"""A name of this machine that the browser does not take for this machine: plain HTTP there is no secure context."""
SECONDS = 60
"""How long the browser may take for one answer before a test is given up."""


def find_chromium() -> str | None:
    """The path of an installed Chromium, if any."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One Chromium process with a profile of its own."""

    def __init__(self, program: str, profile: Path) -> None:
        command = [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        command += ["--no-first-run", "--disable-background-networking", "--disable-gpu", "--lang=zh-CN"]
        command += [f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen([*command, "about:blank"], stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "DevTools listening on " in line:
                break
        else:
            self._process.wait()
            raise RuntimeError(f"{program} did not start:\n{''.join(said)}")
        self._drain = threading.Thread(target=self._process.stderr.read)
        self._drain.start()
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(connect(said[-1].split()[-1], max_size=None, proxy=None))
        self._numbers = itertools.count(1)

    def _send(self, method: str, session: str | None, params: dict[str, Any]) -> int:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return number

    def call(self, method: str, session: str | None = None, **params: Any) -> Any:
        """The result of a DevTools method."""
        number = self._send(method, session, params)
        while True:
            answer = json.loads(self._socket.recv(timeout=SECONDS))
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def wait_for(self, event: str, session: str) -> Any:
        """What the page reports with the event, once it does."""
        while True:
            message = json.loads(self._socket.recv(timeout=SECONDS))
            if message.get("method") == event and message.get("sessionId") == session:
                return message["params"]

    def session_of_worker(self, session: str) -> str:
        """The session of the worker that a page has started."""
        params = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
        self._send("Target.setAutoAttach", session, params)
        return str(self.wait_for("Target.attachedToTarget", session)["sessionId"])

    def open(self, address: str) -> "Page":
        """A new page."""
        return Page(self, address)

    def close(self) -> None:
        """Ends the process."""
        self.call("Browser.close")
        self._stack.close()
        self._process.wait(SECONDS)
        self._drain.join()
        assert self._process.stderr is not None
        self._process.stderr.close()


class Page:
    """One page."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "DOM"):
            self.call(f"{domain}.enable")
        self.go(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a DevTools method on this page."""
        return self._browser.call(method, self._session, **params)

    def go(self, address: str) -> None:
        """Opens an address and waits until it is loaded."""
        self.call("Page.navigate", url=address)
        self._browser.wait_for("Page.loadEventFired", self._session)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression; a promise is waited for. An exception of the page fails the test."""
        return self._value(self._session, expression)

    def evaluate_in_worker(self, start: str, expressions: list[str]) -> list[Any]:
        """The values of expressions inside the worker that `start` starts, a promise kept once the worker runs."""
        self.evaluate(start)
        session = self._browser.session_of_worker(self._session)
        return [self._value(session, one) for one in expressions]

    def _value(self, session: str, expression: str) -> Any:
        how = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        done = self._browser.call("Runtime.evaluate", session, **how)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def choose(self, selector: str, *paths: Path) -> None:
        """Chooses files in a file input."""
        found = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        self.call(
            "DOM.setFileInputFiles", files=[str(path) for path in paths], objectId=found["result"]["objectId"]
        )

    def promise(self, expression: str) -> str:
        """The id of a promise, to be waited for after the page was told what to do."""
        return str(self.call("Runtime.evaluate", expression=expression)["result"]["objectId"])

    def settled(self, promise: str) -> Any:
        """The value of such a promise."""
        done = self.call("Runtime.awaitPromise", promiseObjectId=promise, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")
