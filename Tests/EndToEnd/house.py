"""One server with accounts that all have meetings, recordings and hooks of one id, and every call there is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from harness import Answer, Client, Fleet, Simulator, eventually, fresh
from receiver import Receiver
from tenants import NOTICE, Tenant, make, set_config_xml, the_default

SETTINGS = {
    "PLENARY_CALLBACKS_ALLOW_PRIVATE": "true",
    "PLENARY_CALLBACKS_FIRST_RETRY": "50ms",
    "PLENARY_CALLBACKS_LONGEST_RETRY": "200ms",
    "PLENARY_POLL_INTERVAL": "500ms",
    "PLENARY_READS_MAX_AGE": "0s",
}
XML = {"Content-Type": "application/xml"}
SLIDES = (
    b'<?xml version="1.0" encoding="UTF-8"?><modules><module name="presentation">'
    b'<document name="a.pdf">JVBERi0xLjQK</document></module></modules>'
)
TRACK = b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"
# Calls with which a server changes something.
CHANGING = (
    "create", "end", "insertDocument", "sendChatMessage", "publishRecordings", "deleteRecordings", "updateRecordings",
    "putRecordingTextTrack", "setConfigXML",
)  # fmt: skip
# Of browsers at their own server, of long ago, and what nobody has.
OTHER_CALLS = (
    "getJoinUrl", "learningDashboard", "stuns", "signOut", "guestWait", "enter", "configXML", "getmeetings",
    "anythingElse",
)  # fmt: skip
Asked = Callable[[Client], Answer]


@dataclass
class House:
    """One server, and accounts on it that all have a meeting of the same id."""

    fleet: Fleet
    tenants: list[Tenant]
    shared: str

    @property
    def server(self) -> Simulator:
        return self.fleet.servers[0]

    def others(self, tenant: Tenant) -> list[Tenant]:
        return [other for other in self.tenants if other is not tenant]

    def given(self, tenant: Tenant) -> dict[str, str]:
        """What it creates meetings with: all texts are its own."""
        return {
            "name": f"Room {tenant.word('title')}",
            "attendeePW": tenant.word("ap"),
            "moderatorPW": tenant.word("mp"),
            "welcome": f"Welcome {tenant.word('welcome')}",
            "logoutURL": tenant.receiver.url("/out"),
            "record": "true",
            "meetingKeepEvents": "true",
            "meta_owner": tenant.word("meta"),
            "meetingEndedURL": tenant.receiver.url("/ended"),
            "meta_endCallbackUrl": tenant.receiver.url("/end"),
            "meta_bbb-recording-ready-url": tenant.receiver.url("/recording"),
            "meta_analytics-callback-url": tenant.receiver.url("/analytics"),
        }

    def hold(self, tenant: Tenant, meeting_id: str, people: int) -> str:
        """Creates a meeting of an account, into which people come: its internal id."""
        answer = tenant.client.create(meeting_id, **self.given(tenant)).succeeded()
        assert answer.text("meetingID") == meeting_id and answer.key is None
        on_server = tenant.on_server(meeting_id)
        for number in range(people):
            self.server.join(on_server, f"{tenant.word('person')} {number}")
        joined = tenant.client.join(meeting_id, tenant.word("guest"), tenant.marks["mp"])
        assert joined.location.startswith(self.server.api), joined
        return answer.text("internalMeetingID")

    def seen(self) -> dict:
        """What the server has, and what each account sees: all that could be changed."""
        state = self.server.state()
        seen = {part: state[part] for part in ("meetings", "recordings", "hooks")}
        seen["calls"] = {call: state["calls"].get(call, 0) for call in CHANGING}
        for tenant in self.tenants:
            for call, given in (("getMeetings", {}), ("getRecordings", {"state": "any"}), ("hooks/list", {})):
                seen[tenant.slug, call] = tenant.client.call(call, **given).succeeded().body
            for record_id in tenant.recordings.values():
                answer = tenant.client.call("getRecordingTextTracks", recordID=record_id)
                # The address of a track is another one each time.
                tracks = json.loads(answer.body)["response"].get("tracks", [])
                seen[tenant.slug, record_id] = [
                    (track["kind"], track["lang"], track["label"], track["source"]) for track in tracks
                ]
        return seen

    def must_be_as(self, before: dict) -> None:
        now = self.seen()
        changed = [f"{part}:\n  {before[part]}\n  {now[part]}" for part in before if before[part] != now[part]]
        assert not changed, "\n".join(changed)

    def running(self, tenant: Tenant) -> list[str]:
        return [self.shared, tenant.own]


def furnish(start_fleet, receivers: list[Receiver], slugs: list[str]) -> House:
    """Everybody has a past meeting of the same id with a recording, and one of an own id; the same two run again."""
    fleet = start_fleet(1, **SETTINGS)
    tenants = [the_default(fleet.balancer, receivers[0])]
    for slug, receiver in zip(slugs, receivers[1:], strict=True):
        tenants.append(make(fleet.balancer, slug, receiver, "--balancer-calls"))
    house = House(fleet, tenants, fresh("shared"))
    for tenant in tenants:
        tenant.own = fresh(f"own-{tenant.slug}")
        allowed = lambda: tenant.client.call("getStatistics").is_success  # noqa: B023, E731
        eventually(allowed, NOTICE, "it may use the balancer's own calls")
        for meeting_id in house.running(tenant):
            record_id = house.hold(tenant, meeting_id, 1)
            house.server.end_meeting(tenant.on_server(meeting_id))
            house.server.publish(record_id)
            tenant.recordings[meeting_id] = record_id
        eventually(lambda: tenant.client.listed() == {}, 10, "what was held is over")  # noqa: B023
        put = tenant.client.post(
            "putRecordingTextTrack",
            {"recordID": tenant.recordings[house.shared], "kind": "captions", "lang": "en_US",
             "label": tenant.word("label")},
            files={"file": ("a.vtt", TRACK, "text/vtt")},
        )  # fmt: skip
        assert json.loads(put.body)["response"]["returncode"] == "SUCCESS"
        for target, more in (("/hook", {}), ("/hook-shared", {"meetingID": house.shared})):
            hook = tenant.client.call("hooks/create", callbackURL=tenant.receiver.url(target), **more).succeeded()
            tenant.hooks.append(hook.text("hookID"))
    for people, tenant in enumerate(tenants, 1):
        for meeting_id in house.running(tenant):
            tenant.internal[meeting_id] = house.hold(tenant, meeting_id, people)
    fleet.polled()
    expected = {tenant.on_server(meeting_id) for tenant in tenants for meeting_id in house.running(tenant)}
    assert set(house.server.meetings()) == expected and len(expected) == 2 * len(tenants)
    return house


def about_meeting(meeting_id: str) -> dict[str, Asked]:
    """Every call that names a meeting, but those that would make it."""
    return {
        "isMeetingRunning": lambda client: client.call("isMeetingRunning", meetingID=meeting_id),
        "getMeetingInfo": lambda client: client.info(meeting_id),
        "join": lambda client: client.join(meeting_id, "Eve", "guessed"),
        "join as moderator": lambda client: client.call("join", fullName="E", meetingID=meeting_id, role="MODERATOR"),
        "join with redirect=false": lambda client: client.call(
            "join", fullName="Eve", meetingID=meeting_id, role="VIEWER", redirect="false"
        ),
        "join with an address for errors": lambda client: client.call(
            "join", fullName="Eve", meetingID=meeting_id, role="VIEWER", errorRedirectUrl="https://lms.example/error"
        ),
        "join of another day": lambda client: client.join(meeting_id, "Eve", "guessed", createTime="1"),
        "insertDocument": lambda client: client.post(
            "insertDocument", {"meetingID": meeting_id}, data=SLIDES, headers=XML
        ),
        "sendChatMessage": lambda client: client.call(
            "sendChatMessage", meetingID=meeting_id, message="Hello", userName="Eve"
        ),
        "setConfigXML": lambda client: set_config_xml(client, meeting_id),
        "getRecordings of a meeting": lambda client: client.call("getRecordings", meetingID=meeting_id, state="any"),
        "getRecordings by parts": lambda client: client.call(
            "getRecordings", meetingID=meeting_id, state="any", offset="0", limit="10"
        ),
        "hooks/list": lambda client: client.call("hooks/list", meetingID=meeting_id),
        "move": lambda client: client.call("move", meetingID=meeting_id),
        "end": lambda client: client.call("end", meetingID=meeting_id),
        "end with a password": lambda client: client.end(meeting_id, "guessed"),
    }


def about_parent(meeting_id: str) -> dict[str, Asked]:
    """A room of its own that a caller opens in a meeting."""
    room = {"name": "Room", "meetingID": fresh("room"), "isBreakout": "true", "sequence": "1"}
    return {
        "create of a room": lambda client: client.call("create", **room, parentMeetingID=meeting_id),
        "create of a room that joins freely": lambda client: client.call(
            "create", **room, parentMeetingID=meeting_id, freeJoin="true", record="true"
        ),
    }


def about_recording(record_id: str) -> dict[str, Asked]:
    """Every call that names a recording."""
    track = {"recordID": record_id, "kind": "captions", "lang": "en_US"}
    file = {"file": ("a.vtt", TRACK, "text/vtt")}
    return {
        "getRecordings": lambda client: client.call("getRecordings", recordID=record_id),
        "getRecordings of any state": lambda client: client.call("getRecordings", recordID=record_id, state="any"),
        "getRecordings by parts": lambda client: client.call(
            "getRecordings", recordID=record_id, offset="0", limit="10"
        ),
        "publishRecordings": lambda client: client.call("publishRecordings", recordID=record_id, publish="false"),
        "updateRecordings": lambda client: client.call("updateRecordings", recordID=record_id, meta_owner="Eve"),
        "getRecordingTextTracks": lambda client: client.call("getRecordingTextTracks", recordID=record_id),
        "putRecordingTextTrack": lambda client: client.post("putRecordingTextTrack", track, files=file),
        "deleteRecordings": lambda client: client.call("deleteRecordings", recordID=record_id),
    }


def about_nothing(tenant: Tenant) -> dict[str, Asked]:
    """Every call that asks for all there is."""
    asked = {
        call: lambda client, call=call: client.call(call)
        for call in ("", "getMeetings", "getSessions", "getRecordings", "hooks/list", "hooks/ping", "getServers",
                     "getMeetingEvents", "getStatistics", "getDefaultConfigXML", *OTHER_CALLS)
    }  # fmt: skip
    asked |= {
        f"{call} by POST": lambda client, call=call: client.post(call, {}) for call in ("feedback", "setPollXML")
    }
    for name, given in {
        "recordings of any state": {"state": "any"},
        "recordings by parts": {"state": "any", "offset": "0", "limit": "100"},
        "recordings by metadata": {"meta_owner": "%"},
        "recordings by own metadata": {"meta_owner": tenant.word("meta")},
    }.items():
        asked[name] = lambda client, given=given: client.call("getRecordings", **given)
    asked["all meeting events"] = lambda client: client.call("getMeetingEvents", users="0", limit="100")
    asked["unsigned"] = lambda client: client.fetch(f"{client.api}/getMeetings")
    asked["create without parameters"] = lambda client: client.call("create")
    return asked


def nobodys(text: str) -> str:
    """An id of the same form that nobody has."""
    digits, letters = "123456789", "abcdef"
    return "".join(
        random.choice(digits) if char.isdigit() else random.choice(letters) if char.isalpha() else char
        for char in text
    )


def nobodys_on_server(text: str) -> str:
    """An id of the form that servers know, which no meeting has; the account in front of it stays."""
    account, mark, own = text.partition("~")
    return f"{account}{mark}{nobodys(own)}" if mark else nobodys(text)
