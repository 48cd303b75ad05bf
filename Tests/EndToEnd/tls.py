"""TLS for the tests: authorities and certificates made with the `openssl` of the system, good and bad ones, and a proxy that
puts them in front of a simulated server, which speaks plain HTTP. Loopback only."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from harness import free_port

CONFIG = """\
[ca]
default_ca = this
[this]
new_certs_dir = {directory}
database = {directory}/index.txt
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""
LOOPBACK = "IP:127.0.0.1,DNS:localhost"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Leaf:
    """A certificate of a server, and its key."""

    certificate: Path
    key: Path


def openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}"


def days(number: int) -> datetime.datetime:
    """So many days from now; earlier when it is negative."""
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=number)


class Authority:
    """Issues certificates; whether it is believed is a question of settings."""

    def __init__(self, directory: Path, name: str):
        directory.mkdir(parents=True)
        self.name = name
        self.certificate = directory / "ca.pem"
        self._directory = directory
        self._count = 0
        (directory / "index.txt").touch()
        config = self._config(name, LOOPBACK)
        openssl(
            "req", "-x509", *NEW_KEY, "-config", config, "-extensions", "authority", "-days", "3650",
            "-keyout", directory / "ca.key", "-out", self.certificate,
        )  # fmt: skip

    def leaf(
        self, names: str = LOOPBACK, begin: datetime.datetime | None = None, end: datetime.datetime | None = None
    ) -> Leaf:
        """A certificate for these names; from yesterday to in sixty days unless told."""
        leaf, config = self._next(names)
        request = leaf.certificate.with_suffix(".csr")
        openssl("req", "-new", *NEW_KEY, "-config", config, "-keyout", leaf.key, "-out", request)
        openssl(
            "ca", "-batch", "-notext", "-config", config, "-extensions", "leaf", "-in", request,
            "-startdate", f"{begin or days(-1):%Y%m%d%H%M%SZ}", "-enddate", f"{end or days(60):%Y%m%d%H%M%SZ}",
            "-out", leaf.certificate,
        )  # fmt: skip
        return leaf

    def self_signed(self) -> Leaf:
        """One that nobody has issued."""
        leaf, config = self._next(LOOPBACK)
        openssl(
            "req", "-x509", *NEW_KEY, "-config", config, "-extensions", "leaf", "-days", "60",
            "-keyout", leaf.key, "-out", leaf.certificate,
        )  # fmt: skip
        return leaf

    def _next(self, names: str) -> tuple[Leaf, Path]:
        self._count += 1
        stem = f"leaf{self._count}"
        leaf = Leaf(self._directory / f"{stem}.pem", self._directory / f"{stem}.key")
        return leaf, self._config(stem, names)

    def _config(self, name: str, names: str) -> Path:
        path = self._directory / f"{name.replace(' ', '-')}.cnf"
        path.write_text(CONFIG.format(directory=self._directory, name=name, names=names))
        return path


class TLSProxy:
    """Speaks TLS at a port of its own, and says what a server behind it says."""

    def __init__(self, port: int, leaf: Leaf):
        """`port` is where the server listens."""
        self.port = free_port()
        self._behind = port
        self._leaf = leaf
        self._replaced: tuple[bytes, bytes] | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def present(self, leaf: Leaf) -> None:
        """Another certificate from now on, for new connections; those that are open are closed."""
        self._leaf = leaf
        self._hang_up()

    def replace(self, old: bytes, new: bytes) -> None:
        """Answers say something else from now on."""
        assert len(old) == len(new), "a header tells the length"
        self._replaced = (old, new)
        # A connection that is kept open says what it said before.
        self._hang_up()

    def start(self) -> None:
        """At the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing listens any more, and every connection is closed."""
        if not self._listener:
            return
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        self._listener = None
        self._hang_up()

    def _hang_up(self) -> None:
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._noted(plain))
            # Whoever refuses the certificate leaves in the middle of it.
            stack.enter_context(contextlib.suppress(OSError))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._leaf.certificate, self._leaf.key)
            plain.settimeout(30)
            secure = stack.enter_context(context.wrap_socket(plain, server_side=True))
            stack.enter_context(self._noted(secure))
            behind = stack.enter_context(socket.create_connection(("127.0.0.1", self._behind), timeout=30))
            stack.enter_context(self._noted(behind))
            asking = threading.Thread(target=self._pass_on, args=(secure, behind, None), daemon=True)
            asking.start()
            self._pass_on(behind, secure, self._replaced)
            asking.join(30)

    @contextlib.contextmanager
    def _noted(self, one: socket.socket):
        with self._lock:
            self._open.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(one)
            one.close()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket, replaced: tuple[bytes, bytes] | None) -> None:
        """Until one side has nothing more to say; then the other is told so as well."""
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                sink.sendall(chunk.replace(*replaced) if replaced else chunk)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
