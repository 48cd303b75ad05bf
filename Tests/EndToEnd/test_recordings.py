"""Recordings stay on the servers that made them, and are one list for the caller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from harness import Answer, Fleet, Simulator, eventually, fresh

FAST = {
    "PLENARY_POLL_INTERVAL": "500ms",
    "PLENARY_POLL_DEADLINE": "500ms",
    "PLENARY_HEALTH_SILENCE": "2s",
    # As long is waited for a server that hangs.
    "PLENARY_CREATE_DEADLINE": "2s",
}


@dataclass(frozen=True)
class Made:
    meeting_id: str
    record_id: str
    server: Simulator


def record(fleet: Fleet, server: str, formats: str | None = "presentation", **parameters: str) -> Made:
    """Holds a meeting on a server and lets its recording become ready; without formats it is still worked on."""
    meeting_id = fresh("recorded")
    fleet.client.create(meeting_id, preferredServer=server, record="true", **parameters).succeeded()
    simulator = fleet.holder(meeting_id)
    assert simulator.name == server
    record_id = simulator.meetings()[meeting_id]["internalMeetingID"]
    simulator.end_meeting(meeting_id)
    if formats:
        simulator.publish(record_id, formats)
    return Made(meeting_id, record_id, simulator)


def entries(answer: Answer) -> list[ElementTree.Element]:
    return answer.succeeded().xml.findall("recordings/recording")


def ids(fleet: Fleet, **parameters: str) -> list[str]:
    return [entry.findtext("recordID") for entry in entries(fleet.client.call("getRecordings", **parameters))]


@pytest.fixture
def fleet(start_fleet) -> Fleet:
    return start_fleet(3, **FAST)


# ---------------------------------------------------------------------------------------------------- getRecordings


def test_recordings_of_all_servers_are_one_list(fleet):
    nothing = fleet.client.call("getRecordings").succeeded()
    assert (nothing.key, nothing.text("message")) == ("noRecordings", "There are no recordings for the meeting(s).")
    assert len(nothing.xml.find("recordings")) == 0
    made = [record(fleet, name, name="Größe & <x>", meta_course=str(number)) for number, name in enumerate("abcabc")]
    newest_first = [one.record_id for one in reversed(made)]
    assert ids(fleet) == newest_first
    # The same octets as its server says, whichever it is.
    for one in made:
        (entry,) = entries(fleet.client.call("getRecordings", recordID=one.record_id))
        (original,) = entries(one.server.client.call("getRecordings", recordID=one.record_id))
        assert ElementTree.tostring(entry) == ElementTree.tostring(original)
        assert f"http://127.0.0.1:{one.server.port}/" in entry.findtext("playback/format/url")
    # Those that no server has told yet are found only by who asks for them.
    working = record(fleet, "b", formats=None)
    assert ids(fleet) == newest_first
    assert ids(fleet, state="processing") == [working.record_id]
    assert ids(fleet, state="any") == [working.record_id, *newest_first]


def test_filters_hold_together(fleet):
    given = [
        ("a", {"meta_course": "7", "meta_tutor": "Ada"}), ("b", {"meta_course": "7", "meta_tutor": "Grace"}),
        ("c", {"meta_course": "8", "meta_tutor": "Ada"}), ("a", {"meta_tutor": "Ada Löve & Co"}),
    ]  # fmt: skip
    first, second, third, fourth = made = [record(fleet, server, **parameters) for server, parameters in given]

    def found(**parameters: str) -> list[Made]:
        by_id = {one.record_id: one for one in made}
        return [by_id[record_id] for record_id in reversed(ids(fleet, **parameters))]

    assert found(meta_course="7") == [first, second] and found(meta_course="7", meta_tutor="Ada") == [first]
    assert found(meta_tutor="Ada%") == [first, third, fourth] and found(meta_tutor="%Löve%") == [fourth]
    assert found(meta_tutor="Ada%", meta_course="8") == [third] and found(meta_nothing="x") == []
    some = f"{first.meeting_id},{third.meeting_id},nobody"
    assert found(meetingID=some) == [first, third] and found(meetingID=some, meta_course="8") == [third]
    assert found(recordID=f"{second.record_id},{fourth.record_id[:45]}") == [second, fourth]
    # BigBlueButton takes the first of the two only; here both hold.
    assert found(recordID=first.record_id, meetingID=third.meeting_id) == []
    assert found(recordID=first.record_id, meetingID=first.meeting_id, meta_tutor="Ada") == [first]
    assert found(meetingID="", recordID="", state="", meta_course="") == made

    fleet.client.call("publishRecordings", recordID=second.record_id, publish="false").succeeded()
    assert found(state="published") == [first, third, fourth] and found(state="unpublished") == [second]
    assert found() == made and found(state="unpublished", meta_course="7") == [second]
    assert found(state="published", meta_course="7", meetingID=f"{first.meeting_id},{second.meeting_id}") == [first]


def test_pages_are_cut_from_the_merged_list(fleet):
    # Two formats each: a page counts recordings.
    made = [record(fleet, name, "presentation,video", meta_course="7") for name in "abcab"]
    newest_first = [one.record_id for one in reversed(made)]

    def page(offset: str, limit: str, **more: str) -> list[str]:
        answer = fleet.client.call("getRecordings", offset=offset, limit=limit, **more).succeeded()
        found = [entry.findtext("recordID") for entry in entries(answer)]
        assert answer.text("pagination/totalElements") == str(len(made))
        assert answer.text("pagination/empty") == str(not found).lower()
        assert answer.xml[-1].tag == "pagination" and (answer.key == "noRecordings") == (not found)
        assert all(len(entry.findall("playback/format")) == 2 for entry in entries(answer))
        return found

    assert page("0", "2") == newest_first[:2] and page("2", "2") == newest_first[2:4]
    assert page("4", "2") == newest_first[4:] and page("5", "2") == [] and page("1000", "2") == []
    assert page("1", "3", meta_course="7") == newest_first[1:4] and page("0", "1000") == newest_first
    assert page("-1", "0") == newest_first[:1]
    whole = fleet.client.call("getRecordings", offset="2")
    assert len(entries(whole)) == len(made) and whole.xml.find("pagination") is None


def test_a_server_that_is_down_contributes_nothing(fleet):
    made = [record(fleet, name) for name in "abc"]
    down = fleet.named("b")
    down.suspend()
    assert ids(fleet) == [made[2].record_id, made[0].record_id]
    # What may be there is not said to be nowhere.
    answer = fleet.client.call("publishRecordings", recordID=made[1].record_id, publish="false").failed("internalError")
    assert "try again" in answer.text("message")
    fleet.client.call("getRecordings", recordID=made[1].record_id).failed("internalError")
    fleet.client.call("getRecordings", meetingID=made[1].meeting_id).failed("internalError")
    # What is found is told, and changed.
    both = f"{made[0].record_id},{made[1].record_id}"
    assert ids(fleet, recordID=both) == [made[0].record_id]
    fleet.client.call("publishRecordings", recordID=both, publish="false").succeeded()
    assert made[0].server.recordings()[made[0].record_id] == "unpublished"
    assert ids(fleet, recordID=both, state="published") == []
    eventually(lambda: fleet.balancer.health(down) == "offline", 30, "it is given up")
    quick = fleet.client.call("getRecordings").succeeded()
    assert quick.seconds < 2, "a server that was given up is not waited for"
    # Also one that takes no meetings is asked.
    fleet.balancer.command("server", "disable", "a")
    assert ids(fleet) == [made[2].record_id, made[0].record_id]
    # Nobody can be asked: that is not the same as that there are none.
    for server in fleet.servers:
        server.kill()
    fleet.client.call("getRecordings").failed("internalError")


# ---------------------------------------------------------------------------------------------------- changes


def test_recordings_are_changed_where_they_are(fleet):
    made = [record(fleet, name, meta_course="7") for name in "abc"]
    a, b, c = (one.record_id for one in made)

    def states() -> list[str]:
        return [one.server.recordings()[one.record_id] for one in made]

    answer = fleet.client.call("publishRecordings", recordID=f"{a},{b},nobody", publish="false").succeeded()
    assert answer.text("published") == "false" and states() == ["unpublished", "unpublished", "published"]
    (entry,) = entries(fleet.client.call("getRecordings", recordID=a))
    assert (entry.findtext("published"), entry.findtext("state")) == ("false", "unpublished")
    assert fleet.client.call("publishRecordings", recordID=b, publish="true").succeeded().text("published") == "true"
    assert states() == ["unpublished", "published", "published"]

    updated = fleet.client.call("updateRecordings", recordID=f"{a},{c}", meta_Course="8 & ü", meta_new="x")
    assert updated.succeeded().text("updated") == "true"
    metadata = {entry.findtext("recordID"): (entry.findtext("metadata/course"), entry.findtext("metadata/new"))
                for entry in entries(fleet.client.call("getRecordings"))}  # fmt: skip
    assert metadata == {a: ("8 & ü", "x"), b: ("7", None), c: ("8 & ü", "x")}
    fleet.client.call("updateRecordings", recordID=c, meta_new="").succeeded()
    assert ids(fleet, meta_new="x") == [a]

    asked = {server.name: server.calls("deleteRecordings") for server in fleet.servers}
    assert fleet.client.call("deleteRecordings", recordID=c).succeeded().text("deleted") == "true"
    assert states() == ["unpublished", "published", "deleted"] and ids(fleet) == [b, a]
    told = {server.name: server.calls("deleteRecordings") - asked[server.name] for server in fleet.servers}
    assert told == {"a": 0, "b": 0, "c": 1}, "only who has it is told"
    assert ids(fleet, state="deleted") == [c]

    for call, more in (("publishRecordings", {"publish": "true"}), ("deleteRecordings", {}), ("updateRecordings", {})):
        fleet.client.call(call, recordID="nobody", **more).failed("notFound")
        fleet.client.call(call, recordID="", **more).failed("missingParamRecordID")
        # A part of an id names nothing.
        fleet.client.call(call, recordID=a[:-1], **more).failed("notFound")
    fleet.client.call("deleteRecordings", recordID=c).failed("notFound")
    fleet.client.call("publishRecordings", recordID=a).failed("missingParamPublish")


def test_an_update_does_not_give_servers_the_callers_address(fleet):
    name, url = "meta_bbb-recording-ready-url", "http://127.0.0.1:9/ready?a=1&b=2"
    made = record(fleet, "a", **{name: url})

    def seen(client) -> str:
        (entry,) = entries(client.call("getRecordings", recordID=made.record_id))
        return entry.findtext("metadata/bbb-recording-ready-url")

    ours = seen(made.server.client)
    assert ours.startswith(f"{fleet.balancer.root}/callbacks/recording/") and seen(fleet.client) == url
    # As front-ends do that send all metadata back.
    for given in (url, "http://127.0.0.1:9/other?x=<1>"):
        fleet.client.call("updateRecordings", recordID=made.record_id, **{name: given}).succeeded()
        assert (seen(made.server.client), seen(fleet.client)) == (ours, given)


# ---------------------------------------------------------------------------------------------------- text tracks


def told(answer: Answer) -> dict:
    """What a call that answers in JSON says."""
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("application/json"), answer
    return json.loads(answer.body)["response"]


def test_text_tracks_are_given_and_taken(fleet):
    made = record(fleet, "b")
    file = b"WEBVTT\n\n00:00.000 --> 00:01.000\n\xc3\xbc \x00 --boundary\r\n\r\n"

    def get(record_id: str) -> dict:
        return told(fleet.client.call("getRecordingTextTracks", recordID=record_id))

    def put(octets: bytes | None = file, **parameters: str) -> dict:
        given = {"recordID": made.record_id, "kind": "subtitles", "lang": "en_US", "label": "Englisch ü"} | parameters
        files = {"file": ("words.vtt", octets, "text/vtt")} if octets is not None else {"other": ("x", b"x")}
        return told(fleet.client.post("putRecordingTextTrack", given, files=files))

    assert get(made.record_id) == {
        "returncode": "FAILED", "messageKey": "noCaptionsFound", "message": f"No captions found for {made.record_id}",
    }  # fmt: skip
    assert put() == {
        "returncode": "SUCCESS", "recordId": made.record_id, "messageKey": "upload_text_track_success",
        "message": "Text track uploaded successfully",
    }  # fmt: skip
    put(kind="captions", lang="de", label="")
    tracks = get(made.record_id)["tracks"]
    assert [(track["kind"], track["lang"], track["label"], track["source"]) for track in tracks] == [
        ("subtitles", "en-US", "Englisch ü", "upload"), ("captions", "de", "German", "upload"),
    ]  # fmt: skip
    assert all(track["href"].startswith(f"http://127.0.0.1:{made.server.port}/") for track in tracks)
    assert all(server.calls("putRecordingTextTrack") == (2 if server is made.server else 0) for server in fleet.servers)

    for parameters, key in (
        ({"recordID": "nobody"}, "noRecordings"), ({"recordID": ""}, "paramError"), ({"kind": ""}, "paramError"),
        ({"kind": "x"}, "invalidKind"), ({"lang": ""}, "paramError"), ({"lang": "e"}, "invalidLang"),
    ):  # fmt: skip
        assert put(**parameters)["messageKey"] == key, parameters
    assert put(b"")["messageKey"] == put(None)["messageKey"] == "empty_uploaded_text_track"
    assert get("nobody")["messageKey"] == "noRecordings"
    fleet.client.call("getRecordingTextTracks", recordID="").failed("missingParamRecordID")
    unsigned = f"{fleet.client.api}/putRecordingTextTrack?recordID={made.record_id}&kind=captions&lang=de"
    assert told(fleet.client.fetch(unsigned, method="POST", files={"file": ("x", b"x")}))["messageKey"] == "paramError"
    # The language tag as the documentation has it, which servers do not take, is taken.
    assert put(lang="pt-BR")["returncode"] == "SUCCESS"
    assert get(made.record_id)["tracks"][-1]["lang"] == "pt-BR"
    fleet.client.call("deleteRecordings", recordID=made.record_id).succeeded()
    assert put()["messageKey"] == get(made.record_id)["messageKey"] == "noRecordings"
