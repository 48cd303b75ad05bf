"""Meetings that move: one by one, all of a server, all of a dead server; and servers that wait until they are empty."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
import requests

from harness import SECRET, Answer, Client, Fleet, Simulator, at_once, eventually, fresh, must_be_loopback
from receiver import opened

FAST = {"PLENARY_POLL_INTERVAL": "500ms"}


def enter(url: str) -> str:
    """Follows a join as a browser does: the page where it ends."""
    must_be_loopback(url)
    with requests.Session() as browser:
        page = browser.get(url, timeout=20)
    must_be_loopback(page.url)
    assert page.status_code == 200 and "/html5client/" in page.url, f"{page.status_code} {page.url}: {page.text[:300]}"
    return page.text


def is_in(page: str, server: Simulator) -> bool:
    return f'<span id="server">{server.name}</span>' in page


def same_elements(left: Answer, right: Answer) -> bool:
    return [child.tag for child in left.xml] == [child.tag for child in right.xml]


def elsewhere(fleet: Fleet, server: Simulator) -> Simulator:
    return next(other for other in fleet.servers if other is not server)


def number_of(fleet: Fleet, server: Simulator) -> str:
    return str(fleet.balancer.json("server", "show", server.name)["server"]["id"])


# ---------------------------------------------------------------------------------------------------- one meeting


@pytest.mark.parametrize("by", ["name", "number", "nothing"])
def test_a_meeting_is_moved_by_api(start_fleet, by):
    fleet = start_fleet(2, **FAST)
    meeting_id = fresh("moved")
    given = {
        "name": "Größe & <Maß>", "attendeePW": "a&p", "moderatorPW": "mö", "meta_course": "7 & <8>",
        "welcome": "Hi %%CONFNAME%%", "maxParticipants": "20", "voiceBridge": "71234", "record": "true",
    }  # fmt: skip
    created = fleet.client.create(meeting_id, **given).succeeded()
    old = fleet.holder(meeting_id)
    new = elsewhere(fleet, old)
    before = old.parameters(meeting_id)
    links = {
        role: fleet.client.url(
            "join", fullName=f"Ada {role}", meetingID=meeting_id, password=given[password],
            createTime=created.text("createTime"),
        )
        for role, password in (("viewer", "attendeePW"), ("moderator", "moderatorPW"))
    }  # fmt: skip
    for link in links.values():
        assert is_in(enter(link), old)

    target = {"name": {"serverID": new.name.upper()}, "number": {"serverID": number_of(fleet, new)}, "nothing": {}}[by]
    moved = fleet.client.call("move", meetingID=meeting_id, **target).succeeded()
    assert same_elements(moved, created)
    for name in ("meetingID", "attendeePW", "moderatorPW", "voiceBridge"):
        assert moved.text(name) == created.text(name), name
    there = new.meetings()[meeting_id]
    assert (moved.text("internalMeetingID"), moved.text("createTime")) == (
        there["internalMeetingID"], str(there["createTime"]),
    )  # fmt: skip
    assert fleet.holder(meeting_id) is new and old.meetings() == {}
    assert new.parameters(meeting_id) == before
    info = fleet.client.info(meeting_id).succeeded()
    assert info.text("internalMeetingID") == moved.text("internalMeetingID") != created.text("internalMeetingID")
    assert (info.text("meetingName"), info.text("metadata/course")) == (given["name"], given["meta_course"])

    # Links from before the move lead into it, with the passwords and the createTime that they have.
    for role, link in links.items():
        page = enter(link)
        assert is_in(page, new) and f"Ada {role}" in page
    roles = {user.findtext("fullName"): user.findtext("role") for user in
             fleet.client.info(meeting_id).xml.findall("attendees/attendee")}  # fmt: skip
    assert roles == {"Ada viewer": "VIEWER", "Ada moderator": "MODERATOR"}
    assert fleet.client.create(meeting_id, **given).succeeded().key == "duplicateWarning"
    fleet.client.end(meeting_id, given["moderatorPW"]).succeeded()
    eventually(lambda: fleet.balancer.known() == {}, 10, "it is over")


def test_a_meeting_without_passwords_keeps_those_it_was_given(start_fleet):
    fleet = start_fleet(2, **FAST)
    meeting_id = fresh("without")
    created = fleet.client.call("create", meetingID=meeting_id, name="Without").succeeded()
    moved = fleet.client.call("move", meetingID=meeting_id).succeeded()
    for name in ("attendeePW", "moderatorPW"):
        assert moved.text(name) == created.text(name) != ""
        enter(fleet.client.url("join", fullName="Ada", meetingID=meeting_id, password=created.text(name)))
    enter(fleet.client.url("join", fullName="Grace", meetingID=meeting_id, role="MODERATOR"))


def test_slides_are_given_again(start_fleet):
    fleet = start_fleet(2, **FAST)
    meeting_id = fresh("slides")
    modules = ElementTree.Element("modules")
    module = ElementTree.SubElement(modules, "module", name="presentation")
    ElementTree.SubElement(module, "document", url="https://example.invalid/a.pdf", filename="from <there>.pdf")
    inline = ElementTree.SubElement(module, "document", name="inline ü.pdf", current="true")
    inline.text = base64.b64encode(b"%PDF-1.4 " + bytes(range(256)) * 4_000).decode()
    document, headers = ElementTree.tostring(modules), {"Content-Type": "application/xml"}
    parameters = {"meetingID": meeting_id, "name": "Slides"}
    fleet.client.post("create", parameters, data=document, headers=headers).succeeded()
    old = fleet.holder(meeting_id)
    before = old.meetings()[meeting_id]["documents"]
    assert before == ["inline ü.pdf", "from <there>.pdf"]
    # From what is stored, also after a restart; and there and back.
    fleet.balancer.restart()
    for expected in (elsewhere(fleet, old), old):
        fleet.client.call("move", meetingID=meeting_id, serverID=expected.name).succeeded()
        assert fleet.holder(meeting_id) is expected
        assert expected.meetings()[meeting_id]["documents"] == before


def test_what_cannot_be_moved_is_told_and_stays(start_fleet):
    fleet = start_fleet(2, **FAST)
    meeting_id = fresh("stays")
    fleet.client.create(meeting_id).succeeded()
    server, truth = fleet.holder(meeting_id), fleet.truth()
    other = elsewhere(fleet, server)
    fleet.client.call("move", meetingID=fresh("nobody")).failed("notFound")
    fleet.client.call("move").failed("missingParamMeetingID")
    for target in ("nobody", "99", "a b"):
        fleet.client.call("move", meetingID=meeting_id, serverID=target).failed("invalidParameters")
    for target in (server.name, number_of(fleet, server)):
        fleet.client.call("move", meetingID=meeting_id, serverID=target).failed("invalidParameters")
    # Who may not call it learns nothing, and changes nothing.
    Client(fleet.client.api, "guessed").call("move", meetingID=meeting_id).failed("checksumError")
    other.fault("500", call="create", count=1)
    assert not fleet.client.call("move", meetingID=meeting_id, serverID=other.name).as_api().is_success
    fleet.balancer.command("server", "drain", other.name)
    told = lambda: fleet.client.call("getServers").succeeded().xml.findall("servers/server")  # noqa: E731
    drained = lambda: sum(server.findtext("disableState") == "1" for server in told()) == 1  # noqa: E731
    eventually(drained, 2, "serve knows that the only other server drains")
    for target in ({}, {"serverID": other.name}):
        fleet.client.call("move", meetingID=meeting_id, **target).failed("internalError")
    fleet.balancer.settled()
    assert fleet.truth() == truth == fleet.balancer.known()
    assert is_in(enter(fleet.client.join(meeting_id).location), server)


@pytest.mark.parametrize("mode", ["off", "join", "create"])
def test_our_address_stands_where_the_setting_says(start_fleet, mode):
    fleet = start_fleet(1, PLENARY_REJOIN=mode, **FAST)
    ours = f"{fleet.balancer.root}/bigbluebutton/api/rejoin?"
    for given in ({}, {"logoutURL": "https://example.invalid/bye?a=%%MEETINGID%%"}):
        fleet.client.create(meeting_id := fresh("where"), **given).succeeded()
        stored = fleet.servers[0].parameters(meeting_id).get("logoutURL", "")
        assert stored.startswith(ours) if mode == "create" else stored == given.get("logoutURL", "")
        answer = fleet.client.join(meeting_id, **given)
        joined = dict(parse_qsl(urlsplit(answer.location).query)).get("logoutURL", "")
        assert joined == given.get("logoutURL", "") if mode == "off" else joined.startswith(ours)
        assert ("plenary_join=" in answer.headers.get("Set-Cookie", "")) == (mode != "off")


def test_moves_at_once_leave_one_meeting(start_fleet):
    fleet = start_fleet(3, **FAST)
    meeting_id = fresh("torn")
    fleet.client.create(meeting_id).succeeded()
    calls = [lambda: fleet.client.call("move", meetingID=meeting_id).as_api() for _ in range(6)]
    answers = at_once([*calls, *[lambda: fleet.client.create(meeting_id).as_api() for _ in range(4)]])
    assert any(answer.is_success for answer in answers)
    fleet.balancer.settled()
    eventually(lambda: fleet.balancer.known() == fleet.truth(), 10, "servers and balancer agree")
    assert set(fleet.truth()) == {meeting_id}


def test_a_meeting_is_moved_by_command(start_fleet):
    fleet = start_fleet(3, **FAST)
    balancer, meeting_id = fleet.balancer, fresh("by-command")
    fleet.client.create(meeting_id).succeeded()
    old = fleet.holder(meeting_id)
    new = elsewhere(fleet, old)
    moved = balancer.json("meeting", "move", meeting_id, "--to", new.name)
    assert (moved["state"], moved["moved"], moved["failed"]) == ("done", 1, 0)
    assert fleet.holder(meeting_id) is new
    eventually(lambda: old.meetings() == {}, 5, "it was ended where it was")
    number = str(balancer.json("meeting", "show", meeting_id)["meeting"]["number"])
    assert f"plenary meeting show {meeting_id}" in balancer.command("meeting", "move", number).out
    assert fleet.holder(meeting_id) is not new
    server, truth = fleet.holder(meeting_id), fleet.truth()
    for arguments in ((fresh("nobody"),), (meeting_id, "--to", "nobody"), (meeting_id, "--to", server.name)):
        refused = balancer.command("meeting", "move", *arguments, code=1)
        fault, remedy = refused.err.split("\n", 1)
        assert fault.startswith("plenary: ") and len(remedy.strip()) > 20 and refused.out == ""
    assert fleet.truth() == truth
    balancer.command("meeting", "move", code=64)


def test_a_move_is_no_end_for_the_caller(start_fleet, receiver):
    fleet = start_fleet(2, PLENARY_CALLBACKS_ALLOW_PRIVATE="true", **FAST)
    meeting_id = fresh("goes-on")
    callbacks = {
        "meetingEndedURL": receiver.url("/ended"), "meta_endCallbackUrl": receiver.url("/end"),
        "meta_bbb-recording-ready-url": receiver.url("/recording"),
    }  # fmt: skip
    fleet.client.create(meeting_id, record="true", **callbacks).succeeded()
    old = fleet.holder(meeting_id)
    first = old.meetings()[meeting_id]["internalMeetingID"]
    old.mark(meeting_id)
    second = fleet.client.call("move", meetingID=meeting_id).succeeded().text("internalMeetingID")
    # The old server does tell us that its copy is over.
    kinds = eventually(lambda: old.fired(), 5, "the old copy ends")
    assert {"end", "endedURL"} <= set(kinds)
    fleet.polled()
    assert receiver.arrived() == [] and fleet.balancer.json("callback", "list") == []
    new = fleet.holder(meeting_id)
    fleet.client.end(meeting_id).succeeded()
    receiver.wait_for("/end"), receiver.wait_for("/ended")
    # Both halves were recorded, and the caller hears of both.
    for number, (server, record_id) in enumerate(((old, first), (new, second)), 1):
        server.publish(record_id)
        told = receiver.wait_for("/recording", number)[-1].form["signed_parameters"]
        assert opened(told, SECRET, "HS256") == {"meeting_id": meeting_id, "record_id": record_id}
    found = fleet.client.call("getRecordings", meetingID=meeting_id).succeeded().xml.findall("recordings/recording")
    assert [recording.findtext("recordID") for recording in found] == [second, first]
    receiver.stays_quiet(1.5)


# ---------------------------------------------------------------------------------------------------- servers


def test_a_server_is_evacuated(start_fleet):
    fleet = start_fleet(3, **FAST)
    meetings = fleet.spread(3)
    server, before = fleet.servers[0], fleet.truth()
    server.join(meetings["a"][0], "Ada")
    done = fleet.balancer.json("server", "evacuate", "a", "--rate", "600")
    assert (done["state"], done["moved"], done["failed"]) == ("done", len(meetings["a"]), 0)
    assert server.meetings() == {}
    after = fleet.truth()
    assert set(after) == set(before)
    for meeting_id, place in before.items():
        assert (after[meeting_id] == place) == (place[0] != "a"), "meetings of other servers are left alone"
    assert fleet.balancer.known() == after
    shown = fleet.balancer.json("server", "show", "a")["server"]
    assert (shown["state"], shown["meetings"], shown.get("order")) == ("drain", 0, None)
    for meeting_id in meetings["a"]:
        enter(fleet.client.url("join", fullName="Ada", meetingID=meeting_id, password="ap"))
    # Once more there is nothing to do.
    assert "is empty" in fleet.balancer.command("server", "evacuate", "a").out
    for rate in ("0", "-1", "6001", "fast"):
        fleet.balancer.command("server", "evacuate", "a", f"--rate={rate}", code=64)
    fleet.balancer.command("server", "evacuate", "nobody", code=1)


def test_an_evacuation_keeps_its_rate_and_is_cancelled_by_a_word(start_fleet):
    fleet = start_fleet(2, **FAST)
    meetings = fleet.spread(3)
    # One a minute: the first one goes at once, the second one never in this test.
    order = fleet.balancer.json("server", "evacuate", "a", "--rate", "1", "--no-wait")
    assert order["state"] == "open"
    eventually(lambda: len(fleet.servers[0].meetings()) == len(meetings["a"]) - 1, 5, "the first one is moved")
    busy = fleet.balancer.command("server", "evacuate", "a", code=1)
    assert "not finished" in busy.err
    fleet.balancer.restart()
    shown = fleet.balancer.json("server", "show", "a")["server"]
    assert (shown["state"], shown["order"]["state"]) == ("drain", "open")
    fleet.balancer.command("server", "enable", "a")
    assert fleet.balancer.json("server", "show", "a")["server"].get("order") is None


def test_an_evacuation_that_outlasts_the_wait_is_not_told_as_done(start_fleet):
    """So that `plenary server evacuate a && plenary server disable a` stops in time."""
    fleet = start_fleet(2, **FAST)
    fleet.spread(3)
    told = fleet.balancer.command("server", "evacuate", "a", "--rate", "1", "--wait", "1", code=75)
    assert told.out == "" and "is not finished" in told.err and "is evacuated" not in told.err
    fleet.balancer.command("server", "enable", "a")
    told = fleet.balancer.command("server", "evacuate", "a", "--rate", "1", "--wait", "1", "--json", code=75)
    assert told.json["state"] == "open"
    # Who does not wait has what he wanted.
    fleet.balancer.command("server", "enable", "a")
    told = fleet.balancer.command("server", "evacuate", "a", "--rate", "1", "--no-wait")
    assert "is being evacuated" in told.out and "is evacuated" not in told.out


def test_after_panic_every_meeting_of_a_dead_server_can_be_joined(start_fleet):
    fleet = start_fleet(3, **FAST)
    meetings = fleet.spread(3)
    dead, before = fleet.servers.pop(0), fleet.truth()
    links = {
        meeting_id: fleet.client.url(
            "join", fullName="Ada", meetingID=meeting_id, password="ap",
            createTime=fleet.client.info(meeting_id).succeeded().text("createTime"),
        )
        for meeting_id in meetings["a"]
    }  # fmt: skip
    dead.kill()
    done = fleet.balancer.json("server", "panic", "a")
    assert (done["state"], done["moved"], done["failed"]) == ("done", len(meetings["a"]), 0)
    for meeting_id, link in links.items():
        assert is_in(enter(link), fleet.holder(meeting_id))
    assert {meeting_id: place for meeting_id, place in fleet.truth().items() if meeting_id not in links} == {
        meeting_id: place for meeting_id, place in before.items() if meeting_id not in links
    }
    assert fleet.balancer.json("server", "show", "a")["server"]["state"] == "maintenance"
    # It comes back with nothing, and gets nothing before somebody says so.
    fleet.servers.insert(0, dead.start())
    for _ in range(4):
        fleet.client.create(fresh("later")).succeeded()
    assert dead.meetings() == {}


def test_a_server_drains_until_it_is_empty(start_fleet):
    fleet = start_fleet(2, **FAST)
    meetings = fleet.spread(2)
    state = lambda: fleet.balancer.json("server", "show", "a")["server"]["state"]  # noqa: E731
    printed = fleet.balancer.command("server", "drain", "a", "--until-empty")
    assert "maintenance" in printed.out and state() == "drain"
    first, *others = meetings["a"]
    fleet.client.end(first).succeeded()
    fleet.polled()
    assert state() == "drain", "it still has meetings"
    for meeting_id in others:
        fleet.client.end(meeting_id).succeeded()
    eventually(lambda: state() == "maintenance", 10, "the empty server goes into maintenance")
    assert set(fleet.truth()) == set(meetings["b"])


# ---------------------------------------------------------------------------------------------------- without serve


def test_a_move_that_was_ordered_without_serve_is_made_by_the_next_one(start_fleet):
    """It begins when the servers are known, and not before: at the very start none of them seems to be there."""
    fleet = start_fleet(2, **FAST)
    meeting_id = fresh("ordered")
    fleet.client.create(meeting_id).succeeded()
    new = elsewhere(fleet, fleet.holder(meeting_id))
    assert fleet.balancer.stop() == 0
    waiting = fleet.balancer.command("meeting", "move", meeting_id, "--to", new.name, code=75)
    assert "no serve is running" in waiting.err and waiting.out == ""
    fleet.balancer.serve()
    eventually(lambda: fleet.holder(meeting_id) is new, 10, "it is moved by the next serve")


def test_a_panic_that_was_ordered_without_serve_loses_no_meeting(start_fleet):
    fleet = start_fleet(3, **FAST)
    meetings = fleet.spread(2)
    assert fleet.balancer.stop() == 0
    dead = fleet.servers.pop(0)
    dead.kill()
    assert "no serve is running" in fleet.balancer.command("server", "panic", "a", code=75).err
    fleet.balancer.serve()
    everywhere = lambda: set(fleet.truth()) == {one for ids in meetings.values() for one in ids}  # noqa: E731
    eventually(everywhere, 15, "all meetings are on the other servers")
    for meeting_id in meetings["a"]:
        assert is_in(enter(fleet.client.join(meeting_id).location), fleet.holder(meeting_id))
