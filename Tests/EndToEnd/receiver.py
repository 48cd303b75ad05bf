"""A front-end as callbacks see it: it writes down what arrives, and fails as often as a test wants."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Received:
    """One request as it came, and what it was answered."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=True)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True))


class Receiver:
    """Listens on loopback."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._arrived: list[Received] = []
        self._failures: dict[str, tuple[int, int]] = {}
        self._connections = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self):
                with receiver._changed:
                    receiver._connections += 1
                super().handle()

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = receiver._note(self.command, self.path, dict(self.headers), body)
                page = b"<!doctype html><title>Somewhere else</title><h1>You are somewhere else</h1>"
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def url(self, target: str) -> str:
        return f"{self.root}{target}"

    @property
    def connections(self) -> int:
        with self._changed:
            return self._connections

    def fail(self, path: str, times: int, status: int = 500) -> None:
        """The next requests to a path are answered so."""
        with self._changed:
            self._failures[path] = (times, status)

    def _note(self, method: str, target: str, headers: dict[str, str], body: bytes) -> int:
        path = urlsplit(target).path
        with self._changed:
            left, status = self._failures.get(path, (0, 200))
            if left > 0:
                self._failures[path] = (left - 1, status)
            else:
                status = 200
            # What browsers ask for by themselves is no callback.
            if path != "/favicon.ico":
                self._arrived.append(Received(method, target, headers, body, status))
            self._changed.notify_all()
        return status

    def arrived(self, path: str | None = None) -> list[Received]:
        with self._changed:
            return [request for request in self._arrived if path in (None, request.path)]

    def taken(self, path: str | None = None) -> list[Received]:
        """What was acknowledged."""
        return [request for request in self.arrived(path) if request.status == 200]

    def wait_for(self, path: str, count: int = 1, within: float = 20.0) -> list[Received]:
        """Waits until as many were acknowledged."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.taken(path)) >= count, within)
        assert done, f"not within {within:g} s: {count} at {path}; arrived: {self.arrived()}"
        return self.taken(path)

    def wait_for_tries(self, path: str, count: int, within: float = 20.0) -> None:
        """Waits until as many came, whatever they were answered."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.arrived(path)) >= count, within)
        assert done, f"not within {within:g} s: {count} tries at {path}, but {len(self.arrived(path))}"

    def stays_quiet(self, seconds: float) -> None:
        """Fails as soon as something more arrives."""
        with self._changed:
            before = len(self._arrived)
            self._changed.wait_for(lambda: len(self._arrived) > before, seconds)
            assert len(self._arrived) == before, f"arrived once more: {self._arrived[before:]}"


# ---------------------------------------------------------------------------------------------------- tokens

HASHES = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(signed: str, secret: str, algorithm: str) -> bytes:
    return hmac.new(secret.encode(), signed.encode(), HASHES[algorithm]).digest()


def token(payload: dict, secret: str, algorithm: str) -> str:
    """A JSON Web Token (RFC 7519), as servers make them."""
    header = {"typ": "JWT", "alg": algorithm} if algorithm == "HS512" else {"alg": algorithm}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (header, payload))
    return f"{signed}.{_encode(_signature(signed, secret, algorithm))}"


def opened(text: str, secret: str, algorithm: str) -> dict | None:
    """What a token says, if it is signed so."""
    signed, _, signature = text.rpartition(".")
    header, payload = signed.split(".")
    if json.loads(_decode(header))["alg"] != algorithm:
        return None
    if not hmac.compare_digest(_signature(signed, secret, algorithm), _decode(signature)):
        return None
    return json.loads(_decode(payload))
