"""A labeler that is a program: through the same addresses and rules as a person's browser."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

import httpx2

from tutelage.schema import InputError, Record, TaskKind

_TOKEN = re.compile(r'<meta name="csrf" content="([^"]+)">')


class Client:
    """One labeler's session with a server.

    Raises InputError where the server cannot be reached, or refuses.
    """

    def __init__(self, url: str, transport: httpx2.BaseTransport | None = None) -> None:
        self._http = httpx2.Client(base_url=url, transport=transport, timeout=60.0, follow_redirects=True)
        self._url = url
        self._csrf = ""

    def join(self, token: str, name: str, password: str) -> None:
        """Make the account that an invitation is for, and sign in."""
        self._send_form(f"/join/{token}", {"name": name, "password": password, "again": password})

    def sign_in(self, name: str, password: str) -> None:
        """Start a session."""
        self._send_form("/login", {"name": name, "password": password})

    def next(self, kinds: Sequence[TaskKind] | None = None) -> dict[str, Any] | None:
        """The next task as its page shows it; None when there is nothing to do. Instructions are read on the way."""
        body = {} if kinds is None else {"kinds": list(kinds)}
        while True:
            response = self._request("POST", "/api/next", body)
            if response.status_code == 409:
                self._request("POST", f"/api/instructions/{response.json()['instructions']['id']}/read", {})
                continue
            if response.status_code in (204, 429):
                return None
            found: dict[str, Any] = self._accepted(response).json()
            return found

    def submit(
        self, assignment: int, answer: Record, seconds: float | None = None, client: str | None = None
    ) -> int:
        """Send an answer in the order in which the task was shown; returns its number in the journal."""
        body = {
            "answer": answer.model_dump(mode="json"),
            "client": client or uuid.uuid4().hex,
            "seconds": seconds,
        }
        response = self._request("POST", f"/api/assignments/{assignment}/submit", body)
        number: int = self._accepted(response).json()["submission"]
        return number

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _send_form(self, path: str, fields: dict[str, str]) -> None:
        page = self._reach("GET", path)
        response = self._reach("POST", path, data={**fields, "csrf": self._token(page)})
        if response.status_code != 200:
            raise InputError(f"refused with {response.status_code}", f"{self._url}{path}")
        self._csrf = self._token(response)

    def _request(self, method: str, path: str, body: dict[str, Any]) -> httpx2.Response:
        return self._reach(method, path, json=body, headers={"x-csrf-token": self._csrf})

    def _reach(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            return self._http.request(method, path, **content)
        except httpx2.TransportError as error:
            told = f"does not answer: {error or type(error).__name__}"
            raise InputError(told, self._url, "start tutelage label") from error

    def _token(self, page: httpx2.Response) -> str:
        found = _TOKEN.search(page.text)
        if found is None:
            raise InputError(f"is no page of tutelage label ({page.status_code})", str(page.url))
        return found[1]

    def _accepted(self, response: httpx2.Response) -> httpx2.Response:
        if response.status_code != 200:
            raise InputError(response.text[:200], str(response.url))
        return response
