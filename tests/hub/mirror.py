"""A hub of one machine: repositories behind the few addresses that huggingface_hub asks, with tokens and refusals."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of_somebody_who_may"
POOR_TOKEN = "hf_of_somebody_else"


def commit(number: int) -> str:
    """A commit's name."""
    return f"{number:040x}"


@dataclass
class Repository:
    """Files by commit, and branches and tags. open_to: the token that may read it, where not everybody may."""

    commits: dict[str, dict[str, bytes]]
    revisions: dict[str, str]
    open_to: str | None = None
    gated: bool = False


@dataclass
class Mirror:
    """`repositories` by `models/OWNER/NAME` and `datasets/OWNER/NAME`; `asked`: what it was asked, by which token."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    broken: int | None = None
    url: str = ""

    def add(self, name: str, files: Mapping[str, bytes], number: int = 1, **about: object) -> str:
        """A further commit of a repository on its branch main; its name comes back."""
        repository = self.repositories.setdefault(name, Repository({}, {}))
        repository.commits[commit(number)] = dict(files)
        repository.revisions["main"] = commit(number)
        for key, value in about.items():
            setattr(repository, key, value)
        return commit(number)


@contextmanager
def serving() -> Iterator[Mirror]:
    """A mirror at `url`, until the block ends."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            path = urlsplit(self.path).path
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            mirror.asked.append((self.command, path, token))
            if mirror.broken is not None:
                self.reply(mirror.broken, b"")
                return
            if token not in (None, TOKEN, POOR_TOKEN):
                message = "Invalid credentials in Authorization header"
                self.reply(401, b"", {"X-Error-Message": message})
                return
            found = re.fullmatch(
                r"/api/(?P<name>(?:models|datasets)/[^/]+/[^/]+)"
                r"(?:/(?P<what>revision|tree)/(?P<revision>[^/]+)(?:/(?P<below>.*))?)?",
                path,
            ) or re.fullmatch(
                r"/(?P<name>(?:datasets/)?[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)", path
            )
            if found is None:
                self.reply(404, b"")
                return
            parts = {key: unquote(part) if part else None for key, part in found.groupdict().items()}
            name = str(parts["name"])
            name = name if name.startswith(("models/", "datasets/")) else f"models/{name}"
            self.of_repository(mirror.repositories.get(name), parts, token)

        def of_repository(
            self, repository: Repository | None, parts: dict[str, str | None], token: str | None
        ) -> None:
            hidden = repository is None or (repository.open_to not in (None, token) and not repository.gated)
            if repository is None or hidden:
                self.reply(401 if token is None else 404, b"", {"X-Error-Code": "RepoNotFound"})
                return
            if repository.open_to not in (None, token) and parts.get("what") != "revision":
                self.reply(401 if token is None else 403, b"", {"X-Error-Code": "GatedRepo"})
                return
            revision = parts["revision"] or "main"
            sha = repository.revisions.get(revision, revision)
            if sha not in repository.commits:
                self.reply(404, b"", {"X-Error-Code": "RevisionNotFound"})
                return
            files = repository.commits[sha]
            if "file" in parts:
                content = files.get(str(parts["file"]))
                if content is None:
                    self.reply(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha})
                    return
                self.reply(200, content, {"ETag": f'"{tag(content)}"', "X-Repo-Commit": sha})
            elif parts.get("what") == "tree":
                below = f"{parts['below']}/" if parts["below"] else ""
                deep = "recursive=True" in self.path or "recursive=true" in self.path
                listed = entries(files, below, deep)
                self.reply(200, json.dumps(listed).encode())
            else:
                about = {"id": "x", "sha": sha, "siblings": [{"rfilename": path} for path in files]}
                self.reply(200, json.dumps(about).encode())

        def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def entries(files: Mapping[str, bytes], below: str, deep: bool) -> list[dict[str, object]]:
    """What a repository has below a folder, folders too."""
    inside = {path.removeprefix(below): content for path, content in files.items() if path.startswith(below)}
    folders = {path.split("/")[0] for path in inside if "/" in path}
    listed: list[dict[str, object]] = [
        {"type": "directory", "path": below + folder, "oid": tag(b"")} for folder in sorted(folders)
    ]
    for path, content in inside.items():
        if deep or "/" not in path:
            listed.append({"type": "file", "path": below + path, "size": len(content), "oid": tag(content)})
    return listed


def files_of(folder: Path) -> dict[str, bytes]:
    """A folder's files, as a repository has them."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def tag(content: bytes) -> str:
    """What a file's content is known by."""
    return hashlib.sha1(content).hexdigest()
