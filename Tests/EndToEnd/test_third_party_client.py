"""A client that others wrote gets the same values from the fleet as from one server."""

from __future__ import annotations

import pytest
import requests
from bigbluebutton_api_python import BigBlueButton
from bigbluebutton_api_python.exception import BBBException

from harness import SECRET, fresh, must_be_loopback

# What differs between two servers, or two runs, of the same calls.
VOLATILE = {
    "internalMeetingID", "createTime", "createDate", "startTime", "endTime", "voiceBridge", "userID",
    "internalUserID", "message",
}  # fmt: skip


def plain(node):
    """A parsed answer as plain values, what is volatile masked."""
    if isinstance(node, dict):
        return {
            str(key): "*" if str(key) in VOLATILE and str(value) else plain(value) for key, value in node.items()
        }
    if isinstance(node, list):
        return [plain(entry) for entry in node]
    return str(node)


def parsed(response) -> dict:
    return plain(response.rawXml)


def values(thing) -> dict:
    """What the client's own accessors say; the volatile ones masked."""
    said = {}
    for name in sorted(dir(thing)):
        if name.startswith(("get_", "has_", "is_")) and name != "get_field" and callable(getattr(thing, name)):
            try:
                value = getattr(thing, name)()
            except KeyError:
                value = "absent"
            if isinstance(value, (str, int, float, bool)):
                masked = any(word in name for word in ("time", "date", "bridge", "internal", "userid", "message"))
                said[name] = "*" if masked and not isinstance(value, bool) else plain(value)
    return said


def enter(url: str) -> tuple[int, list[int], str]:
    """Follows a join as a browser does, with its cookies: status of the client page, the hops' and the page."""
    must_be_loopback(url)
    with requests.Session() as browser:
        page = browser.get(url, timeout=20)
        assert "JSESSIONID" in browser.cookies, "the server that runs the meeting gave no cookie"
    must_be_loopback(page.url)
    return page.status_code, [hop.status_code for hop in page.history], page.url


def story(client: BigBlueButton) -> list:
    """One life of two meetings through the client: what it parsed, in order."""
    told: list = []

    def tell(what: str, response, *things):
        told.append((what, parsed(response), values(response), *[values(thing) for thing in things]))

    first, second = "story-ünïcode & <first>", "story-second"
    # The root call is the balancer's own: it says more than a server does, but these must be the same.
    told.append(("version", values(client.get_api_version())))
    tell("no meetings", client.get_meetings())
    settings = {"name": "Größe & <Maß> 'x'", "attendeePW": "ap", "moderatorPW": "mp", "record": True, "duration": 90}
    tell("create", client.create_meeting(first, params=dict(settings), meta={"origin": "a & b", "course-id": "7"}))
    tell("create again", client.create_meeting(first, params=dict(settings), meta={"origin": "a & b"}))
    tell("create another", client.create_meeting(second, params={"name": "Second", "maxParticipants": 20}))
    tell("is running, empty", client.is_meeting_running(first))
    info = client.get_meeting_info(first)
    tell("info, empty", info, info.get_meetinginfo(), *info.get_attendees())

    for name, password in (("Ada Lovelace", "mp"), ("Grace & Co", "ap")):
        status, hops, _ = enter(client.get_join_meeting_url(name, first, password, params={}))
        # The balancer's own redirect comes first; what the server does is the same.
        told.append(("join", status, set(hops)))
    tell("is running", client.is_meeting_running(first))
    info = client.get_meeting_info(first)
    tell("info, two people", info, info.get_meetinginfo(), *info.get_attendees())
    assert {attendee.get_fullname() for attendee in info.get_attendees()} == {"Ada Lovelace", "Grace & Co"}

    listed = client.get_meetings()
    by_id = {meeting.get_meetingid(): meeting for meeting in listed.get_meetings()}
    assert set(by_id) == {first, second}
    told.append(("meetings", values(listed), {key: values(meeting) for key, meeting in by_id.items()}))
    raw = plain(listed.rawXml["meetings"]["meeting"])
    told.append(("meetings in full", sorted(raw, key=lambda meeting: meeting["meetingID"])))

    others = {"name": "Other", "attendeePW": "other-ap", "moderatorPW": "other-mp"}
    for key, what, call in (
        ("idNotUnique", "other passwords", lambda: client.create_meeting(first, params=dict(others))),
        ("notFound", "unknown meeting", lambda: client.get_meeting_info("story-unknown")),
        ("notFound", "end of an unknown meeting", lambda: client.end_meeting("story-unknown", "mp")),
    ):
        with pytest.raises(BBBException) as refused:
            call()
        told.append((what, str(refused.value.key)))
        assert refused.value.key == key, what

    tell("end", client.end_meeting(first, "mp"))
    with pytest.raises(BBBException) as refused:
        client.get_meeting_info(first)
    told.append(("ended", str(refused.value.key)))
    tell("is running, ended", client.is_meeting_running(first))
    second_password = client.get_meeting_info(second).get_meetinginfo().get_moderatorpw()
    tell("end another", client.end_meeting(second, str(second_password)))
    tell("no meetings again", client.get_meetings())
    return told


def mask_made_passwords(told: list) -> list:
    """Passwords that the server makes differ from run to run; those that were given do not."""
    text_of = {"attendeePW", "moderatorPW", "get_attendee_pw", "get_moderator_pw", "get_attendeepw", "get_moderatorpw"}

    def masked(node):
        if isinstance(node, dict):
            return {
                key: "*" if key in text_of and value not in ("ap", "mp") else masked(value)
                for key, value in node.items()
            }
        if isinstance(node, (list, tuple)):
            return [masked(entry) for entry in node]
        return node

    return masked(told)


def test_the_fleet_parses_like_one_server(start_fleet, start_simulator):
    fleet = start_fleet(2)
    alone = start_simulator("alone")
    through_fleet = mask_made_passwords(story(BigBlueButton(fleet.client.api + "/", SECRET)))
    direct = mask_made_passwords(story(BigBlueButton(alone.api + "/", alone.secret)))
    assert [entry[0] for entry in through_fleet] == [entry[0] for entry in direct]
    for got, wanted in zip(through_fleet, direct):
        assert got == wanted, got[0]
    assert fleet.truth() == {}


def test_a_join_leads_to_the_page_of_the_server_that_has_the_meeting(start_fleet):
    fleet = start_fleet(2)
    client = BigBlueButton(fleet.client.api + "/", SECRET)
    for meeting_id in (fresh("page"), fresh("page"), fresh("page"), fresh("page")):
        client.create_meeting(meeting_id, params={"name": "Page", "attendeePW": "ap", "moderatorPW": "mp"})
        holder = fleet.holder(meeting_id)
        status, hops, page = enter(client.get_join_meeting_url("Ada", meeting_id, "ap", params={}))
        assert status == 200 and hops[0] == 302 and len(hops) >= 2
        assert page.startswith(f"http://127.0.0.1:{holder.port}/"), page
        assert holder.meetings()[meeting_id]["participants"] == 1
    assert {server.name for server in fleet.servers if server.meetings()} == {"a", "b"}


def test_a_wrong_secret_is_told_like_a_server_tells_it(start_fleet, start_simulator):
    fleet = start_fleet(2)
    alone = start_simulator("alone")
    said = []
    for api in (fleet.client.api, alone.api):
        with pytest.raises(BBBException) as refused:
            BigBlueButton(api + "/", "not the secret").get_meetings()
        said.append(str(refused.value.key))
    assert said == ["checksumError", "checksumError"]
