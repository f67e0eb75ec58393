"""A hub of one machine that takes models: repositories behind the few addresses that an upload asks."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import yaml

OWNER = "somebody"
TOKEN = "hf_of_somebody"
STRANGER = "hf_of_a_stranger"


@dataclass
class Held:
    """A repository: branch -> path -> content."""

    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})


@dataclass
class Receiver:
    """repositories by name; blobs: large files by their hash; broken: a status that everything is answered with."""

    repositories: dict[str, Held] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    broken: int | None = None
    url: str = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A hub at `url`, until the block ends."""
    hub = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PUT(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            path = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if hub.broken is not None:
                self.reply(hub.broken, {"error": "broken"})
            elif found := re.fullmatch(r"/blobs/(\w+)", path):
                assert sha256(body).hexdigest() == found[1]
                hub.blobs[found[1]] = body
                self.reply(200, {})
            elif token not in (TOKEN, STRANGER):
                self.reply(401, {"error": "Invalid credentials in Authorization header"})
            elif path == "/api/repos/create":
                self.create(json.loads(body), token)
            elif path == "/api/validate-yaml":
                self.validate(json.loads(body)["content"])
            else:
                self.within(path, body, token)

        def create(self, wanted: dict[str, str], token: str) -> None:
            name = f"{wanted['organization']}/{wanted['name']}"
            if name in hub.repositories:
                self.reply(409, {"error": "You already created this model repo", "url": f"{hub.url}/{name}"})
            elif wanted["organization"] != OWNER or token != TOKEN:
                self.reply(403, {"error": "You don't have the rights to create a model under this namespace"})
            else:
                hub.repositories[name] = Held(wanted.get("visibility") == "private")
                self.reply(200, {"url": f"{hub.url}/{name}", "id": name})

        def validate(self, content: str) -> None:
            head = yaml.safe_load(content.split("---\n")[1])
            known = head.get("license") in (None, "apache-2.0", "mit")
            errors = [] if known else [{"message": '"license" must be one of a list'}]
            self.reply(200 if known else 400, {"errors": errors, "warnings": []})

        def within(self, path: str, body: bytes, token: str) -> None:
            found = re.fullmatch(
                r"/(?:api/models/)?(?P<name>[\w-]+/[\w-]+)(?:\.git/info/lfs/objects/(?P<batch>batch)"
                r"|/(?P<what>preupload|commit|branch|revision)/(?P<branch>[\w%-]+))?",
                path,
            )
            held = hub.repositories.get(found["name"]) if found else None
            if found is None or held is None or (held.private and token != TOKEN):
                self.reply(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            elif found["what"] == "revision" or (found["what"] is None and found["batch"] is None):
                self.reply(200, {"id": found["name"], "private": held.private, "siblings": []})
            elif token != TOKEN:
                self.reply(403, {"error": "Forbidden: pass `create_pr=1`"})
            elif found["batch"]:
                objects = [self.place_for(each) for each in json.loads(body)["objects"]]
                self.reply(200, {"transfer": "basic", "objects": objects})
            elif found["what"] == "branch":
                taken = found["branch"] in held.branches
                held.branches.setdefault(found["branch"], {})
                self.reply(409 if taken else 200, {"error": "Reference already exists"} if taken else {})
            elif found["branch"] not in held.branches:
                self.reply(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            elif found["what"] == "preupload":
                files = [self.mode_of(each["path"]) for each in json.loads(body)["files"]]
                self.reply(200, {"files": files})
            else:
                self.commit(held.branches[found["branch"]], body, found["name"])

        def place_for(self, wanted: dict[str, object]) -> dict[str, object]:
            href = f"{hub.url}/blobs/{wanted['oid']}"
            return {**wanted, "authenticated": True, "actions": {"upload": {"href": href}}}

        def mode_of(self, path: str) -> dict[str, object]:
            large = path.endswith(".safetensors")
            return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}

        def commit(self, files: dict[str, bytes], body: bytes, name: str) -> None:
            for line in body.splitlines():
                entry = json.loads(line)
                value = entry["value"]
                if entry["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif entry["key"] == "lfsFile":
                    files[value["path"]] = hub.blobs[value["oid"]]
            oid = sha256(body).hexdigest()[:40]
            self.reply(
                200, {"commitUrl": f"{hub.url}/{name}/commit/{oid}", "commitOid": oid, "success": True}
            )

        def reply(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            error = content.get("error") if isinstance(content, dict) else None
            more = {"X-Error-Message": str(error)} if error else {}
            for key, value in {**more, **(headers or {}), "Content-Type": "application/json"}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
