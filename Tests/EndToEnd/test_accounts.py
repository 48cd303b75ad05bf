"""Accounts: one fleet for many, who never notice each other. Every call is made as each of them, by each of their
addresses, about the things of the others: nothing of them is told, and nothing of them changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from harness import Answer, eventually
from house import (
    TRACK,
    Asked,
    about_meeting,
    about_nothing,
    about_parent,
    about_recording,
    nobodys,
    nobodys_on_server,
)
from tenants import check, comparable, leaks, scoped, set_config_xml, told_by


def test_what_is_of_others_does_not_exist(house):
    """Each call that names something, as each account by each address, with each id that another account's thing has:
    the answer is that for a thing that nobody has, octet by octet."""
    before = house.seen()
    wrong: list[str] = []
    cells = 0
    for tenant in house.tenants:
        for other in house.others(tenant):
            rounds: list[tuple[Callable[[str], dict[str, Asked]], str]] = []
            on_server = [other.on_server(meeting_id) for meeting_id in (other.own, house.shared)]
            # Without a mark before it, the shared id is the caller's own meeting.
            meetings = [other.own, *other.internal.values(), *(text for text in on_server if text != house.shared)]
            meetings += [other.own.upper(), f"{other.own},{house.shared}"]
            if other.number == 1:
                meetings += [f"a1~{other.own}", f"a1~{house.shared}"]
            rounds += [(about_meeting, text) for text in dict.fromkeys(meetings)]
            rounds += [(about_parent, text) for text in dict.fromkeys(meetings)]
            recordings = list(other.recordings.values())
            rounds += [(about_recording, text) for text in (*recordings, recordings[0][:45], ",".join(recordings))]
            for route, client in tenant.routes.items():
                for about, text in rounds:
                    # In a list the own part would be found.
                    absent = nobodys(text) if about is about_recording else nobodys_on_server(text)
                    if "," in text and about is not about_recording:
                        absent = f"{nobodys(other.own)},{house.shared}"
                    foreign, unknown = about(text), about(absent)
                    for call in foreign:
                        cells += 1
                        answers = comparable(foreign[call](client), text), comparable(unknown[call](client), absent)
                        if answers[0] != answers[1]:
                            said = f"{tenant.slug} by {route}, {call} of {other.slug}'s {text}"
                            wrong.append(f"{said}:\n  {answers[0]}\n  instead of\n  {answers[1]}")
                        elif "," not in text and (found := leaks(str(answers[0]), house.others(tenant))):
                            wrong.append(f"{tenant.slug} by {route}, {call} of {text}: {found}")
                        elif "," not in text and scoped(str(answers[0])):
                            wrong.append(f"{tenant.slug} by {route}, {call} of {text}: {scoped(str(answers[0]))}")
                for hook in (*other.hooks, "1", "2", "3"):
                    cells += 1
                    absent = nobodys(hook) if "-" in hook else "4711"
                    answers = [
                        comparable(client.call("hooks/destroy", hookID=text), text) for text in (hook, absent)
                    ]
                    if answers[0][2] != answers[1][2]:
                        wrong.append(f"{tenant.slug} by {route}, hooks/destroy {hook}: {answers}")
    assert cells > 2_500, cells
    assert not wrong, f"{len(wrong)} of {cells}:\n" + "\n".join(wrong[:20])
    house.must_be_as(before)


def test_lists_with_things_of_others_are_lists_without_them(house):
    """Own and foreign ones in one list of ids: the own ones are found, and only they are changed."""
    alpha, beta = house.tenants[1:]
    mine, theirs = alpha.recordings[house.shared], beta.recordings[house.shared]
    absent = nobodys(theirs)
    both, alone = f"{mine},{theirs}", f"{mine},{absent}"
    for route, client in alpha.routes.items():
        for call, more in (
            ("getRecordings", {}), ("getRecordings", {"offset": "0", "limit": "5"}),
            ("publishRecordings", {"publish": "false"}), ("publishRecordings", {"publish": "true"}),
            ("updateRecordings", {"meta_course": "7"}),
        ):  # fmt: skip
            answers = [client.call(call, recordID=given, **more) for given in (both, alone)]
            for answer in answers:
                check(answer.succeeded(), [house.tenants[0], beta], (route, call))
            assert comparable(answers[0], both) == comparable(answers[1], alone), (route, call)
            assert house.server.recordings()[theirs] == "published", (route, call)
    (recording,) = beta.client.call("getRecordings", recordID=theirs).succeeded().xml.findall("recordings/recording")
    assert recording.findtext("metadata/course") is None and recording.findtext("metadata/owner") == beta.marks["meta"]
    assert alpha.client.call("deleteRecordings", recordID=both).succeeded().text("deleted") == "true"
    states = house.server.recordings()
    assert (states[mine], states[theirs]) == ("deleted", "published")
    # Both by the meetingID that all of them have.
    for tenant in house.tenants:
        found = tenant.client.call("getRecordings", meetingID=f"{house.shared},{beta.own}", state="any").succeeded()
        ids = {entry.findtext("recordID") for entry in found.xml.findall("recordings/recording")}
        expected = {beta.recordings[house.shared], beta.recordings[beta.own]} if tenant is beta else {
            tenant.recordings[house.shared]
        }
        assert ids == expected, tenant.slug


def test_everybody_sees_his_own_and_nothing_else(house):
    """Each call about what is the caller's own, as each account by each address: it is there, and nothing of others."""
    for tenant in house.tenants:
        others = house.others(tenant)
        people = house.tenants.index(tenant) + 1
        for route, client in tenant.routes.items():
            where = f"{tenant.slug} by {route}"
            answers: dict[str, Answer] = {}
            asked = about_nothing(tenant)
            for meeting_id in (house.shared, tenant.internal[house.shared]):
                asked |= {
                    f"{call} {meeting_id}": ask
                    for call, ask in about_meeting(meeting_id).items()
                    if not call.startswith(("end", "move"))
                }
            asked |= {
                call: ask
                for call, ask in about_recording(tenant.recordings[house.shared]).items()
                if not call.startswith(("delete", "update"))
            }
            subtitles = {"recordID": tenant.recordings[house.shared], "kind": "subtitles", "lang": "en_US"}
            asked["putRecordingTextTrack"] = lambda client, given=subtitles: client.post(
                "putRecordingTextTrack", given, files={"file": ("a.vtt", TRACK, "text/vtt")}
            )
            asked["create again"] = lambda client, given=house.given(tenant): client.create(house.shared, **given)
            for call, ask in asked.items():
                answers[call] = check(ask(client), others, (where, call), may_be_on_server=tenant)
            client.call("publishRecordings", recordID=tenant.recordings[house.shared], publish="true").succeeded()

            again = answers["create again"].succeeded()
            assert again.key == "duplicateWarning" and again.text("meetingID") == house.shared
            assert again.text("internalMeetingID") == tenant.internal[house.shared]
            for by in (house.shared, tenant.internal[house.shared]):
                info = answers[f"getMeetingInfo {by}"].succeeded()
                assert info.text("meetingID") == house.shared and info.text("metadata/owner") == tenant.marks["meta"]
                # A join without a redirect by each address before this one made somebody come, too.
                names = [name.text for name in info.xml.findall("attendees/attendee/fullName")]
                assert [name for name in names if name != "Eve"] == [
                    f"{tenant.marks['person']} {number}" for number in range(people)
                ], where
                assert int(info.text("participantCount")) == len(names)
                joined = answers[f"join {by}"]
                query = parse_qs(urlsplit(joined.location).query)
                assert query["meetingID"] == [tenant.on_server(house.shared)], (where, joined)
            ids = {house.shared: tenant.internal[house.shared], tenant.own: tenant.internal[tenant.own]}
            listed = answers["getMeetings"].succeeded().xml.findall("meetings/meeting")
            assert {one.findtext("meetingID"): one.findtext("internalMeetingID") for one in listed} == ids, where
            sessions = answers["getSessions"].succeeded().xml.findall("sessions/meeting")
            assert {one.findtext("meetingID") for one in sessions} == set(ids.values()), where
            told = answers["getStatistics"].succeeded().xml.findall("servers/server/meetings/meeting")
            assert {one.findtext("meetingID") for one in told} == set(ids), where
            events = answers["all meeting events"].succeeded().xml.findall("events/event")
            assert sorted(one.findtext("meetingID") for one in events) == sorted([house.shared, tenant.own] * 2), where
            recordings = answers["recordings of any state"].succeeded().xml.findall("recordings/recording")
            found = {one.findtext("recordID"): one.findtext("meetingID") for one in recordings}
            assert found == {record_id: meeting_id for meeting_id, record_id in tenant.recordings.items()}, where
            parts = answers["recordings by parts"].succeeded()
            assert parts.text("pagination/totalElements") == str(len(found)), where
            hooks = answers["hooks/list"].succeeded().xml.findall("hooks/hook")
            assert [one.findtext("hookID") for one in hooks] == tenant.hooks, where
            tracks = json.loads(answers["getRecordingTextTracks"].body)["response"]["tracks"]
            assert tracks[0]["label"] == tenant.marks["label"], where


def test_config_xml_is_of_the_own_meeting_only(house):
    """At a server of long ago, which has these calls."""
    house.server._control("POST", "config", configXML="true")
    for tenant in house.tenants:
        for route, client in tenant.routes.items():
            config = client.call("getDefaultConfigXML")
            assert b"<config>" in config.body, (tenant.slug, route, config)
            assert leaks(told_by(config), house.others(tenant)) == [] == scoped(told_by(config))
            set_before = house.server.calls("setConfigXML")
            answer = check(set_config_xml(client, house.shared), house.others(tenant), (tenant.slug, route))
            assert answer.succeeded().text("configToken") and house.server.calls("setConfigXML") == set_before + 1
            for other in house.others(tenant):
                for text in (other.own, other.internal[house.shared], f"a{other.number}~{other.own}"):
                    absent = nobodys_on_server(text)
                    foreign, unknown = (set_config_xml(client, given) for given in (text, absent))
                    assert comparable(foreign, text) == comparable(unknown, absent), (tenant.slug, route, text)
            assert house.server.calls("setConfigXML") == set_before + 1


def test_a_create_with_an_id_of_others_makes_an_own_meeting(house):
    """Whatever an id looks like, it is one of the caller's own: also that by which a server knows somebody else's."""
    before = {meeting_id: meeting for meeting_id, meeting in house.server.meetings().items()}
    made: dict[tuple[str, str], str] = {}
    for tenant in house.tenants:
        for other in house.others(tenant):
            # The third: what the scope of the default account makes of the second.
            for text in (other.own, f"a{other.number}~{other.own}", f"a1~a{other.number}~{other.own}"):
                answer = tenant.client.create(text, **house.given(tenant)).succeeded()
                assert (answer.text("meetingID"), answer.key) == (text, None), (tenant.slug, text, answer)
                assert leaks(told_by(answer).replace(text, ""), [other]) == []
                made[tenant.slug, text] = answer.text("internalMeetingID")
                info = tenant.client.info(text).succeeded()
                assert info.text("meetingID") == text and info.text("metadata/owner") == tenant.marks["meta"]
                assert tenant.client.listed()[text] == made[tenant.slug, text]
    assert len(set(made.values())) == len(made), "two of them are one meeting"
    now = house.server.meetings()
    assert {meeting_id: now.get(meeting_id) for meeting_id in before} == before
    assert len(now) == len(before) + len(made)
    for tenant in house.tenants:
        mine = {text: internal for (slug, text), internal in made.items() if slug == tenant.slug}
        assert tenant.client.listed() == mine | tenant.internal
        for text in mine:
            assert tenant.client.end(text, tenant.marks["mp"]).succeeded()
    eventually(lambda: house.server.meetings() == before, 10, "what was made is over, and nothing else")


def test_ends_and_moves_are_of_the_own_meeting(house):
    """One after the other ends the meeting of the id that all have; those of the others go on."""
    for route, tenant in zip(("common", "path", "host"), house.tenants, strict=True):
        before = house.server.meetings()
        # There is one server only: nothing can be moved. What counts is that nothing of others is told or touched.
        moved = tenant.routes[route].call("move", meetingID=house.shared)
        check(moved, house.others(tenant), "move")
        after = house.server.meetings()
        mine = tenant.on_server(house.shared)
        assert {key: value for key, value in after.items() if key != mine} == {
            key: value for key, value in before.items() if key != mine
        }
        ended = tenant.routes[route].end(house.shared, tenant.marks["mp"])
        check(ended.succeeded(), house.others(tenant), "end")
        eventually(lambda: not house.server.has(mine), 10, "it is over")  # noqa: B023
        left = house.server.meetings()
        assert left == {key: value for key, value in after.items() if key != mine}
        for other in house.tenants:
            gone = other is tenant or house.tenants.index(other) < house.tenants.index(tenant)
            assert other.client.is_running(house.shared) == (not gone), (tenant.slug, other.slug)
            people = house.tenants.index(other) + 1
            if not gone:
                assert other.client.info(house.shared).succeeded().text("participantCount") == str(people)


def test_nothing_is_told_of_others_while_the_server_is_sick(house):
    """What was last known is answered then: also this is each account's own."""
    balancer, server = house.fleet.balancer, house.server
    server.fault("500")
    # The only server is given up by nobody: it stays so.
    eventually(lambda: balancer.health(server) == "suspect", 60, "it is suspect")
    for tenant in house.tenants:
        others = house.others(tenant)
        asked = about_nothing(tenant)
        for meeting_id in (house.shared, tenant.internal[house.shared]):
            for call, ask in about_meeting(meeting_id).items():
                # An end would be remembered, and carried out later.
                if not call.startswith(("end", "move")):
                    asked[f"{call} {meeting_id}"] = ask
        asked |= about_recording(tenant.recordings[house.shared])
        for call, ask in asked.items():
            check(ask(tenant.client), others, (tenant.slug, call), may_be_on_server=tenant)
        for other in others:
            meetings = [other.own, other.internal[house.shared], f"a{other.number}~{other.own}"]
            rounds = [(about_meeting, text, nobodys_on_server(text)) for text in meetings]
            rounds += [(about_recording, text, nobodys(text)) for text in other.recordings.values()]
            for about, text, absent in rounds:
                foreign, unknown = about(text), about(absent)
                for call in foreign:
                    answers = foreign[call](tenant.client), unknown[call](tenant.client)
                    assert comparable(answers[0], text) == comparable(answers[1], absent), (tenant.slug, call, text)
