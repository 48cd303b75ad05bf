"""Every call of every client on PyPI that still installs, made at one server and through the balancer: what the client
returns, prints or raises is the same. The calls are in `third_party/`, a story for each client."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import ROOT, Client, Simulator, at_once, clean_environment, eventually
from third_party.clients import CLIENTS
from third_party.clients import Client as ThirdParty

STORIES = Path(__file__).resolve().parent / "third_party"
ENVIRONMENTS = ROOT / ".build" / "third-party"
# Each part of a server has words of its own for it, and so has the balancer. The key is the same.
WRONG_CHECKSUM = ("You did not pass the checksum security check", "Checksums do not match")
FORMATS = ("presentation", "video", "presentation,video")


@pytest.fixture(scope="session")
def pythons() -> dict[str, str]:
    """The interpreter of each client, by its name."""
    return dict(zip((client.name for client in CLIENTS), at_once(
        lambda client=client: client.python(ENVIRONMENTS) for client in CLIENTS
    )))  # fmt: skip


@dataclass
class Front:
    """Where a story is told: a server, or the balancer before several."""

    client: Client
    servers: list[Simulator]

    @property
    def root(self) -> str:
        return self.client.api.removesuffix("/bigbluebutton/api")

    def holder(self, meeting_id: str) -> Simulator:
        return next(server for server in self.servers if server.has(meeting_id))

    def set_scene(self) -> list[str]:
        """What every story finds: a meeting with two people, one without any, and three recordings, whose ids are
        returned. Voice bridges have six digits here, as those that a server makes up have five."""
        self.client.create("scene-full", voiceBridge="710001", record="true", meta_origin="scene").succeeded()
        self.client.create("scene-empty", name="Größe & <Maß> 'x'", voiceBridge="710002").succeeded()
        self.holder("scene-full").join("scene-full", "Ada Lovelace", "MODERATOR")
        self.holder("scene-full").join("scene-full", "Grace & Co")
        recordings = []
        for number, formats in enumerate(FORMATS, 1):
            meeting_id = f"scene-recorded-{number}"
            given = {"voiceBridge": f"72000{number}", "record": "true", "meta_origin": f"scene-{number}"}
            made = self.client.create(meeting_id, **given).succeeded()
            holder = self.holder(meeting_id)
            holder.join(meeting_id, "Ada")
            holder.mark(meeting_id)
            self.client.end(meeting_id).succeeded()
            recordings.append(made.text("internalMeetingID"))
            holder.publish(recordings[-1], formats)
        eventually(lambda: self.recorded() == set(recordings), 10, "the recordings are listed")
        return recordings

    def recorded(self) -> set[str]:
        listed = self.client.call("getRecordings").succeeded().xml.findall("recordings/recording")
        return {recording.findtext("recordID") for recording in listed}

    def told(self, client: ThirdParty, python: str, home: Path) -> list[dict]:
        """The story as it was told here."""
        home.mkdir()
        given = {
            "root": self.root, "secret": self.client.secret, "recordings": self.set_scene(),
            "simulators": [f"http://127.0.0.1:{server.port}" for server in self.servers],
        }  # fmt: skip
        own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "COLUMNS": "200"}
        done = subprocess.run(
            [python, "-B", "-W", "ignore", str(STORIES / client.story), json.dumps(given)],
            env=clean_environment(home) | own, cwd=home, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{client.story} at {self.root}: {done.stderr}"
        return Masks([*json.loads(done.stdout), self.left()], self.client.secret).masked()

    def left(self) -> dict:
        """What the servers have after it."""
        states = [server.state() for server in self.servers]
        meetings = {meeting["meetingID"]: meeting for state in states for meeting in state["meetings"]}
        recordings = {record["recordID"]: record["state"] for state in states for record in state["recordings"]}
        for meeting in meetings.values():
            # The balancer makes up the passwords that are missing.
            given = meeting["parameters"]
            meeting["parameters"] = {name: given[name] for name in given if not Masks.PASSWORDS.fullmatch(name)}
        kept = ("participants", "documents", "parameters")
        return {
            "call": "what is left", "with": [], "recordings": recordings,
            "meetings": {name: {key: meeting[key] for key in kept} for name, meeting in meetings.items()},
        }  # fmt: skip


class Masks:
    """What differs between two servers that are told the same. People get numbers, in the order in which they come: who
    is named twice still is."""

    TEXTS = (
        ("an address", re.compile(r"127\.0\.0\.1(:\d{4,5})")),
        ("a checksum", re.compile(r"checksum=([0-9a-f]{40,128})")),
        ("a person", re.compile(r"\b(w_[0-9a-z]{12})\b")),
        ("a uuid", re.compile(r"\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")),
        ("a token", re.compile(r"sessionToken=([0-9a-z]{16})\b")),
        ("a track", re.compile(r"/textTrack/([0-9a-z]+)/")),
        # Also in an internal id, behind the hash of the meetingID.
        ("a time", re.compile(r"\b(1\d{12})\b")),
        ("a date", re.compile(r"\b([A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4})\b")),
        ("a date", re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)")),
        ("how long", re.compile(r"\b(\d\d:\d\d:\d\d)\b")),
        ("a place in memory", re.compile(r" at (0x[0-9a-f]+)")),
        # Those that were given have six digits.
        ("a voice bridge", re.compile(r"(?<![\w.])(\d{5})(?!\w)")),
    )
    # Whatever they are.
    KEYS = re.compile(r"(?i)(auth|session|config)_?token|(internal_?)?user_?id")
    BRIDGE = re.compile(r"(?i)(get_)?voice_?bridge")
    PASSWORDS = re.compile(r"(?i)(get_)?(attendee|moderator)_?pw")

    def __init__(self, told: list[dict], secret: str):
        self._told = told
        self._people: dict[str, str] = {}
        # A meetingID that a client has made up is in the internal id as a hash.
        made_up = self.TEXTS[3][1].findall(json.dumps(told))
        self._words = {hashlib.sha1(uuid.encode()).hexdigest(): "<a hash>" for uuid in made_up}
        self._words |= {secret: "<the secret>"}
        self._words |= {f"{text}{stop}": "<wrong checksum>" for stop in (".", "") for text in WRONG_CHECKSUM}

    def masked(self) -> list[dict]:
        return self._over(self._told)

    def _over(self, node, key: str = ""):
        if isinstance(node, dict):
            return {self._over(name): self._over(node[name], name) for name in sorted(node)}
        if isinstance(node, list):
            return [self._over(entry, key) for entry in node]
        if isinstance(node, (int, float)) and not isinstance(node, bool):
            # A bridge may begin with zeros, which are lost then.
            text = f"{node:05}" if self.BRIDGE.fullmatch(key) else str(node)
            masked = self._over(text, key)
            return node if masked == text else masked
        if not isinstance(node, str):
            return node
        if self.PASSWORDS.fullmatch(key) and node not in ("ap", "mp"):
            return "<a password>"
        if self.KEYS.fullmatch(key) and node and not node.startswith(("u-", "w_")):
            return "<made up>"
        for word, instead in self._words.items():
            node = node.replace(word, instead)
        for kind, pattern in self.TEXTS:
            node = pattern.sub(lambda found: found[0].replace(found[1], self._mask(kind, found[1])), node)
        return node

    def _mask(self, kind: str, text: str) -> str:
        return self._people.setdefault(text, f"<person {len(self._people)}>") if kind == "a person" else f"<{kind}>"


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_every_call_says_the_same(client, pythons, start_fleet, start_simulator, tmp_path):
    fleet = start_fleet(2, PLENARY_CALLBACKS_ALLOW_PRIVATE="true")
    alone = start_simulator("alone")
    fronts = {"direct": Front(alone.client, [alone]), "through": Front(fleet.client, fleet.servers)}
    direct, through = at_once(
        lambda name=name, front=front: front.told(client, pythons[client.name], tmp_path / name)
        for name, front in fronts.items()
    )
    different = [difference(*both) for both in zip(direct, through, strict=True) if both[0] != both[1]]
    assert not different, f"{len(different)} of {len(direct)} calls:\n\n" + "\n\n".join(different)


def difference(direct: dict, through: dict) -> str:
    """For people: the call, and the lines that are not the same."""
    texts = [json.dumps(entry, ensure_ascii=False, indent=1).splitlines() for entry in (direct, through)]
    lines = difflib.unified_diff(*texts, "direct", "through the balancer", lineterm="", n=1)
    return "\n".join([f"{direct['call']} {json.dumps(direct['with'], ensure_ascii=False)}", *lines])
