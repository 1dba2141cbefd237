"""A client of the gateway as a front end would be: signs in, sends keys with writes, waits when told to."""

import hashlib
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

_PATIENCE_SECONDS = 60.0
_PIECE = 1 << 20


class DemoError(RuntimeError):
    """A step of the demonstration did not go as it should; the message says what answered what."""


class Session:
    """One signed-in user."""

    def __init__(self, http: httpx.Client, user: str, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.user = user

    def get(self, path: str, **params: Any) -> Any:
        """Read; return the JSON answer."""
        return self.send("GET", path, params=params).json()

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield all rows of a list, page by page."""
        cursor = ""
        while True:
            page = self.get(path, **params, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Write; return the JSON answer."""
        answer = self.send("POST", path, json=body if body is not None else {}, headers=headers)
        return answer.json() if answer.content else None

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        """Replace; return the JSON answer."""
        answer = self.send("PUT", path, json=body, headers=headers)
        return answer.json() if answer.content else None

    def upload(self, path: str, content: bytes | Path) -> str:
        """Store a file under its hash at `<path>/<sha256>`; return the hash."""
        data = content.read_bytes() if isinstance(content, Path) else content
        digest = hashlib.sha256(data).hexdigest()
        # In pieces: of a whole the HTTP library copies after each of them what is left.
        pieces = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
        self.send("PUT", f"{path}/{digest}", content=pieces, headers={"Content-Length": str(len(data))})
        return digest

    def refused(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """Send what must be refused; return the problem document.

        Raises:
            DemoError: it was accepted.
        """
        answer = self._request(method, path, json=body)
        if answer.status_code < 400:
            raise DemoError(f"{method} {path} 本应被拒绝，却被接受")
        problem: dict[str, Any] = answer.json()
        return problem

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; wait and repeat while the platform says that it is busy.

        Raises:
            DemoError: it was refused; the message carries the problem's words and codes.
        """
        answer = self._request(method, path, **options)
        if answer.status_code >= 400:
            try:
                problem = answer.json()
                said = f"{problem.get('code')}：{problem.get('detail')}"
                said += "".join(
                    f"\n  {one['where']}：{one['message']}" for one in problem.get("faults", [])[:8]
                )
            except ValueError:
                said = answer.text[:300]
            raise DemoError(f"{self.user} {method} {path} → {answer.status_code} {said}")
        return answer

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self._headers, **options.pop("headers", {})}
        if method != "GET":
            headers.setdefault("Idempotency-Key", uuid4().hex)
        ends, pause = time.monotonic() + _PATIENCE_SECONDS, 0.05
        while True:
            try:
                answer = self._http.request(method, path, headers=headers, **options)
                busy = answer.status_code in {429, 502, 503, 504} or (
                    answer.status_code == 409 and answer.json().get("code") == "request_in_flight"
                )
            except (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError):
                if time.monotonic() > ends:
                    raise
                busy = True
            if not busy or time.monotonic() > ends:
                return answer
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


class Gateway:
    """The one address of the platform."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=60)
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[str, str] = {}

    def sign_in(self, user: str) -> Session:
        """Return a session of a demonstration user, e.g. `operator` or `inspector:LYJC001`."""
        if user not in self._sessions:
            self._sessions[user] = Session(self._http, user, self.token(user))
        return self._sessions[user]

    def token(self, user: str) -> str:
        """Return the bearer token of a demonstration user."""
        if user not in self._tokens:
            anonymous = Session(self._http, user, "")
            self._tokens[user] = str(anonymous.post("/auth/token", {"user": user})["access_token"])
        return self._tokens[user]

    def anyone(self) -> Session:
        """Return a session without a token: a citizen."""
        return Session(self._http, "公众", "")

    def close(self) -> None:
        """Close all connections."""
        self._http.close()


def china_today() -> date:
    """Return the day in China, which is the day that the law counts."""
    return datetime.now(timezone(timedelta(hours=8))).date()


def wait_for(what: str, check: Any, seconds: float = 60.0) -> Any:
    """Call `check` until it answers something true, and return that. Between two calls a fortieth of the time waited
    passes, since whoever works on it has to answer too.

    Raises:
        DemoError: it never did within the time.
    """
    began = time.monotonic()
    while True:
        found = check()
        if found:
            return found
        waited = time.monotonic() - began
        if waited > seconds:
            raise DemoError(f"等待“{what}”超过 {seconds:.0f} 秒")
        time.sleep(min(max(waited / 40, 0.02), 0.5))
