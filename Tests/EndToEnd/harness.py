"""What the end-to-end tests stand on: processes that are started and stopped by their own id, simulated servers, a
balancer with a database of its own, a client that signs, and waits that are bounded. Loopback only."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import json
import os
import random
import select
import signal
import socket
import string
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import requests

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("PLENARY_BINARY") or str(ROOT / ".build" / "debug" / "plenary")
SECRET = "end-to-end-client-secret"
LONGEST_START = 30.0

LETTERS = string.ascii_lowercase + string.digits


def fresh(prefix: str) -> str:
    """A meetingID that nobody has."""
    return f"{prefix}-{''.join(random.choices(LETTERS, k=10))}"


def must_be_loopback(url: str) -> None:
    host = urlsplit(url).hostname or ""
    if not ipaddress.ip_address(host).is_loopback:
        raise AssertionError(f"end-to-end tests send nothing to {host}: loopback only")


def free_port() -> int:
    """A port below those that the system gives to outgoing connections, so that a restarted process gets it again."""
    for _ in range(200):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port found")


def eventually(check: Callable, within: float, what: str):
    """Waits for a condition: returns its first true value, and fails with the last thing seen."""
    end = time.monotonic() + within
    last: object = None
    while True:
        try:
            last = check()
            if last:
                return last
        except (AssertionError, requests.RequestException) as error:
            last = error
        if time.monotonic() >= end:
            raise AssertionError(f"not within {within:g} s: {what}; last seen: {last!r}")
        time.sleep(0.03)


def at_once(jobs: Iterable[Callable]) -> list:
    """Runs jobs in as many threads, all released at the same moment; results in order, the first failure is raised."""
    jobs = list(jobs)
    gate = threading.Barrier(len(jobs))

    def run(job: Callable):
        gate.wait(30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


# ---------------------------------------------------------------------------------------------------- processes


class Process:
    """A process of the tests. It is ended by its id, whatever happened."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path, reads_stdout: bool = False):
        self.log = log
        with log.open("ab") as sink:
            self.popen = subprocess.Popen(
                [BINARY, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads_stdout else sink,
                stderr=sink,
            )
        self._buffer = b""

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def line(self, within: float) -> str:
        """The next line of standard output."""
        end = time.monotonic() + within
        descriptor = self.popen.stdout.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
            chunk = os.read(descriptor, 65_536) if ready else b""
            if not chunk:
                raise AssertionError(f"no line within {within:g} s (has {self._buffer!r}): {self.tail()}")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def send(self, sent: signal.Signals) -> None:
        if self.is_running:
            self.popen.send_signal(sent)

    def wait(self, within: float) -> int:
        return self.popen.wait(within)

    def end(self, with_signal: signal.Signals = signal.SIGTERM, within: float = 20.0) -> int:
        """Asks it to end, and returns its exit code."""
        self.send(with_signal)
        return self.wait(within)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.popen.wait(10)

    def discard(self) -> None:
        """At the end of a test: whatever its state, it goes."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.popen.stdout:
            self.popen.stdout.close()

    def tail(self, lines: int = 40) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


class Simulator:
    """One simulated BigBlueButton server, a process of its own."""

    def __init__(self, name: str, directory: Path, environment: dict[str, str]):
        self.name = name
        self.secret = f"secret-of-{name}-{random.randrange(10**9)}"
        self.port = 0
        self.api = ""
        self._directory = directory
        self._environment = environment
        self.process: Process | None = None

    def start(self) -> Simulator:
        """Starts it; after a kill at the same address, with no meetings."""
        arguments = ["simulate", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        arguments += ["--secret", self.secret, "--name", self.name]
        self.process = Process(arguments, self._environment, self._directory / f"{self.name}.log", reads_stdout=True)
        word, _, api = self.process.line(LONGEST_START).partition(" ")
        assert word == "READY", f"{self.name} printed {word!r} first"
        must_be_loopback(api)
        self.api = api.strip().rstrip("/")
        self.port = urlsplit(self.api).port
        return self

    @property
    def client(self) -> Client:
        return Client(self.api, self.secret)

    def suspend(self) -> None:
        """Its port still takes connections, nothing is answered."""
        self.process.send(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send(signal.SIGCONT)

    def kill(self) -> None:
        """Its port is closed, its meetings are lost."""
        self.process.kill()
        self.process.popen.stdout.close()

    def _control(self, method: str, verb: str, **parameters) -> requests.Response:
        url = f"http://127.0.0.1:{self.port}/simulator/{verb}"
        answer = requests.request(method, url, params=parameters, timeout=10)
        assert answer.status_code < 300, f"{self.name} refuses {verb}: {answer.status_code} {answer.text}"
        return answer

    def state(self) -> dict:
        return self._control("GET", "state").json()

    def meetings(self) -> dict[str, dict]:
        """What it runs, by meetingID."""
        found = self.state()["meetings"]
        by_id = {meeting["meetingID"]: meeting for meeting in found}
        assert len(by_id) == len(found), f"{self.name} runs a meetingID twice"
        return by_id

    def has(self, meeting_id: str) -> bool:
        return meeting_id in self.meetings()

    def calls(self, call: str) -> int:
        return self.state()["calls"].get(call, 0)

    def fault(self, mode: str, **parameters) -> None:
        self._control("POST", "fault", mode=mode, **parameters)

    def heal(self) -> None:
        self._control("POST", "heal")

    def reboot(self) -> None:
        """All meetings are lost, the address stays."""
        self._control("POST", "reboot")

    def join(self, meeting_id: str, name: str, role: str = "VIEWER") -> None:
        self._control("POST", "join", meetingID=meeting_id, fullName=name, role=role)

    def leave(self, meeting_id: str) -> None:
        self._control("POST", "leave", meetingID=meeting_id)

    def end_meeting(self, meeting_id: str) -> None:
        self._control("POST", "end", meetingID=meeting_id)

    def mark(self, meeting_id: str) -> None:
        """Somebody presses record."""
        self._control("POST", "marks", meetingID=meeting_id)

    def publish(self, record_id: str, formats: str = "presentation") -> None:
        """A recording is ready, in formats separated by commas."""
        self._control("POST", "record", recordID=record_id, formats=formats)

    def hooks(self) -> list[str]:
        """The addresses that its web hooks call."""
        return [hook["callbackURL"] for hook in self.state()["hooks"]]

    def fired(self) -> list[str]:
        """The kinds of what it told by itself, the oldest first, delivered or not."""
        return [callback["kind"] for callback in self._control("GET", "callbacks").json()["callbacks"]]

    def recordings(self) -> dict[str, str]:
        """State of what it recorded, by recordID."""
        return {recording["recordID"]: recording["state"] for recording in self.state()["recordings"]}

    def parameters(self, meeting_id: str) -> dict[str, str]:
        """What it was given with the create."""
        return self.meetings()[meeting_id]["parameters"]


# ---------------------------------------------------------------------------------------------------- the client


@dataclass
class Answer:
    """One HTTP answer; no redirect was followed."""

    status: int
    headers: dict
    body: bytes
    seconds: float

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    def text(self, path: str) -> str | None:
        found = self.xml.find(path)
        return None if found is None else (found.text or "")

    @property
    def code(self) -> str | None:
        return self.text("returncode")

    @property
    def key(self) -> str | None:
        return self.text("messageKey") or self.text("errors/error/key")

    @property
    def is_success(self) -> bool:
        return self.code == "SUCCESS"

    def as_api(self, within: float | None = None) -> Answer:
        """Asserts what holds for each answer of a BigBlueButton API, whatever is broken behind it."""
        assert self.status == 200, f"HTTP {self.status}: {self.body[:300]!r}"
        kind = self.headers.get("Content-Type", "")
        assert kind.startswith(("text/xml", "application/xml")), f"{kind}: {self.body[:300]!r}"
        root = self.xml
        assert root.tag == "response", self.body[:300]
        assert self.code in ("SUCCESS", "FAILED"), self.body[:300]
        assert self.code == "SUCCESS" or self.key, f"FAILED without a key: {self.body[:300]!r}"
        if within is not None:
            assert self.seconds <= within, f"took {self.seconds:.1f} s, at most {within:g} s: {self.body[:300]!r}"
        return self

    def succeeded(self) -> Answer:
        assert self.as_api().is_success, self.body[:500]
        return self

    def failed(self, key: str) -> Answer:
        assert not self.as_api().is_success and self.key == key, f"expected {key}: {self.body[:500]!r}"
        return self


class Client:
    """Signs calls and sends them. One session a thread."""

    def __init__(self, api: str, secret: str):
        must_be_loopback(api)
        self.api = api.rstrip("/")
        self.secret = secret
        self._sessions = threading.local()

    def url(self, call: str, **parameters) -> str:
        query = urlencode(parameters)
        checksum = hashlib.sha256(f"{call}{query}{self.secret}".encode()).hexdigest()
        return f"{self.api}/{call}?{query}{'&' if query else ''}checksum={checksum}"

    def call(self, call: str, timeout: float = 40.0, **parameters) -> Answer:
        return self.fetch(self.url(call, **parameters), timeout)

    def fetch(self, url: str, timeout: float = 40.0, method: str = "GET", **request) -> Answer:
        must_be_loopback(url)
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
            session.trust_env = False
        began = time.monotonic()
        answer = session.request(method, url, timeout=timeout, allow_redirects=False, **request)
        return Answer(answer.status_code, dict(answer.headers), answer.content, time.monotonic() - began)

    def post(self, call: str, parameters: dict[str, str], **request) -> Answer:
        """A call whose query is signed, with a body: `data` and `headers`, or `files`, as requests has them."""
        return self.fetch(self.url(call, **parameters), method="POST", **request)

    def create(self, meeting_id: str, timeout: float = 40.0, **parameters) -> Answer:
        given = {"name": f"Room {meeting_id}", "meetingID": meeting_id, "attendeePW": "ap", "moderatorPW": "mp"}
        return self.call("create", timeout, **given | parameters)

    def join(self, meeting_id: str, name: str = "Ada", password: str = "ap", **parameters) -> Answer:
        return self.call("join", fullName=name, meetingID=meeting_id, password=password, **parameters)

    def info(self, meeting_id: str) -> Answer:
        return self.call("getMeetingInfo", meetingID=meeting_id)

    def is_running(self, meeting_id: str) -> bool:
        return self.call("isMeetingRunning", meetingID=meeting_id).succeeded().text("running") == "true"

    def end(self, meeting_id: str, password: str = "mp") -> Answer:
        return self.call("end", meetingID=meeting_id, password=password)

    def listed(self) -> dict[str, str]:
        """meetingID to internal id, of the merged list."""
        meetings = self.call("getMeetings").succeeded().xml.findall("meetings/meeting")
        listed = {meeting.findtext("meetingID"): meeting.findtext("internalMeetingID") for meeting in meetings}
        assert len(listed) == len(meetings), "a meetingID is listed twice"
        return listed


# ---------------------------------------------------------------------------------------------------- the balancer


@dataclass
class Printed:
    """What a command printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Balancer:
    """`plenary serve` and the commands beside it, on a database of their own."""

    def __init__(self, directory: Path, **settings: str):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.database = directory / "plenary.sqlite"
        self.environment = clean_environment(directory) | {
            "PLENARY_DATABASE_URL": f"sqlite:{self.database}",
            "PLENARY_LISTEN": f"127.0.0.1:{self.port}",
            "PLENARY_SECRET": SECRET,
            **settings,
        }
        self.client = Client(f"http://127.0.0.1:{self.port}/bigbluebutton/api", SECRET)
        self.log = directory / "serve.log"
        self.process: Process | None = None
        self._processes: list[Process] = []

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str, code: int | None = 0, stdin: str | None = None, within: float = 60.0) -> Printed:
        """Runs a command and asserts its exit code."""
        done = subprocess.run(
            [BINARY, *arguments],
            env=self.environment,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=within,
        )
        printed = Printed(done.returncode, done.stdout, done.stderr)
        assert code is None or printed.code == code, f"plenary {' '.join(arguments)}: {printed}"
        return printed

    def json(self, *arguments: str):
        return self.command(*arguments, "--json").json

    def add(self, *servers: Simulator) -> None:
        for server in servers:
            self.command("server", "add", server.api, "--secret", server.secret, "--name", server.name)

    def spawn(self, *arguments: str, reads_stdout: bool = False) -> Process:
        """A process of its own beside `serve`; it is ended with the balancer."""
        process = Process(list(arguments), self.environment, self.log, reads_stdout)
        self._processes.append(process)
        return process

    def serve(self) -> Balancer:
        """Starts it and waits until it is ready."""
        self.process = self.spawn("serve")
        eventually(self.is_ready, LONGEST_START, "serve is ready")
        return self

    def is_ready(self) -> bool:
        assert self.process.is_running, f"serve ended: {self.process.tail()}"
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.root}/readyz", timeout=5).status_code == 200
        return False

    def stop(self) -> int:
        return self.process.end()

    def restart(self) -> Balancer:
        assert self.stop() == 0
        return self.serve()

    def status(self) -> dict:
        return self.json("status")

    def health(self, server: Simulator) -> str | None:
        """What the running `serve` thinks of a server."""
        return self.json("server", "show", server.name)["server"].get("health")

    def known(self) -> dict[str, tuple[str, str]]:
        """Meetings that it believes to run: meetingID to server and internal id."""
        return {
            meeting["meetingID"]: (meeting["server"], meeting.get("internalMeetingID", ""))
            for meeting in self.json("meeting", "list")
        }

    def settled(self, within: float = 10.0) -> None:
        """Waits until no create is undecided."""
        eventually(lambda: self.status()["unsettled"] == 0, within, "every interrupted create is settled")

    def discard(self) -> None:
        for process in self._processes:
            process.discard()


@dataclass
class Fleet:
    """A balancer that serves, and its servers."""

    balancer: Balancer
    servers: list[Simulator]

    @property
    def client(self) -> Client:
        return self.balancer.client

    def named(self, name: str) -> Simulator:
        return next(server for server in self.servers if server.name == name)

    def holders(self, meeting_id: str) -> list[Simulator]:
        return [server for server in self.servers if server.has(meeting_id)]

    def holder(self, meeting_id: str) -> Simulator:
        """The one server that runs a meeting."""
        found = self.holders(meeting_id)
        assert len(found) == 1, f"{meeting_id} is on {[server.name for server in found]}, not on exactly one server"
        return found[0]

    def truth(self) -> dict[str, tuple[str, str]]:
        """What the servers run, meetingID to server and internal id; none may be on two."""
        everywhere: dict[str, tuple[str, str]] = {}
        for server in self.servers:
            for meeting_id, meeting in server.meetings().items():
                assert meeting_id not in everywhere, (
                    f"{meeting_id} is on {everywhere[meeting_id][0]} and on {server.name}"
                )
                everywhere[meeting_id] = (server.name, meeting["internalMeetingID"])
        return everywhere

    def polled(self) -> None:
        """Waits until a poll has seen what the servers have now: the second one, as the first may have been on its way."""
        polls = {server.name: server.calls("getMeetings") for server in self.servers}
        for server in self.servers:
            eventually(lambda: server.calls("getMeetings") >= polls[server.name] + 2, 20, f"{server.name} is polled")

    def spread(self, each: int) -> dict[str, list[str]]:
        """Creates meetings until every server has as many: server name to meetingIDs."""
        made: dict[str, list[str]] = {server.name: [] for server in self.servers}
        for _ in range(each * len(self.servers) * 10):
            if all(len(meetings) >= each for meetings in made.values()):
                return made
            meeting_id = fresh("spread")
            self.client.create(meeting_id).succeeded()
            made[self.holder(meeting_id).name].append(meeting_id)
        raise AssertionError(f"not every server gets meetings: { {name: len(ids) for name, ids in made.items()} }")


def clean_environment(directory: Path) -> dict[str, str]:
    """The caller's environment without settings of Plenary and proxies; state goes into the test's directory."""
    dropped = ("PLENARY_", "XDG_STATE_HOME", "STATE_DIRECTORY")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(dropped) and not name.lower().endswith("_proxy")
    }
    return kept | {"XDG_STATE_HOME": str(directory / "state")}
