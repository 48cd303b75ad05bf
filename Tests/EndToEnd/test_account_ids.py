"""Ids and numbers of accounts: each has its own, whatever they look like, and none says anything of others."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from harness import eventually, fresh
from house import SETTINGS, about_meeting, about_nothing
from tenants import NOTICE, Tenant, check, leaks, make, scoped, the_default, told_to


def test_the_command_ends_the_meeting_that_is_named(start_fleet):
    """By its number or its internal id, also where another account has a meeting of that meetingID."""
    fleet = start_fleet(1, **SETTINGS)
    alpha = make(fleet.balancer, "alpha")
    meeting_id = fresh("command")
    for _ in range(2):
        internal = {
            tenant.slug: tenant.client.create(meeting_id).succeeded().text("internalMeetingID")
            for tenant in (the_default(fleet.balancer), alpha)
        }
        listed = {one["account"]: one for one in fleet.balancer.json("meeting", "list")}
        number = str(listed["alpha"]["number"])
        shown = fleet.balancer.json("meeting", "show", number)["meeting"]
        assert (shown["account"], shown["internalMeetingID"]) == ("alpha", internal["alpha"])
        fleet.balancer.command("meeting", "end", number)
        running = {one["internalMeetingID"] for one in fleet.servers[0].meetings().values()}
        assert running == {internal["default"]}, "another account's meeting was ended"
        fleet.client.end(meeting_id).succeeded()
        eventually(lambda: fleet.balancer.known() == {}, 10, "both are over")


def test_links_do_not_count_what_others_make(start_fleet):
    """A number that grows by one with every meeting of anybody tells everybody how many meetings others hold."""
    fleet = start_fleet(1, **SETTINGS)
    alpha, beta = (make(fleet.balancer, slug) for slug in ("alpha", "beta"))

    def numbers() -> list[str]:
        """What stands in the link by which participants leave, and in the cookie."""
        meeting_id = fresh("numbered")
        alpha.client.create(meeting_id).succeeded()
        joined = alpha.client.join(meeting_id)
        (away,) = parse_qs(urlsplit(joined.location).query)["logoutURL"]
        (number,) = parse_qs(urlsplit(away).query)["meetingID"]
        return [number, joined.headers["Set-Cookie"].partition("=")[2].split(".")[0]]

    first, second = numbers(), numbers()
    for _ in range(5):
        beta.client.create(fresh("hidden")).succeeded()
    third = numbers()
    for one, two, three in zip(first, second, third, strict=True):
        if one.isdigit() and two.isdigit() and three.isdigit():
            steps = int(two) - int(one), int(three) - int(two)
            assert steps[0] == steps[1], f"{one}, {two}, {three}: the last step has the 5 meetings of the other account"


def test_deliveries_do_not_count_what_others_are_told(start_fleet, receivers):
    """As links: the number by which a receiver tells a repetition says nothing of the deliveries of others."""
    fleet = start_fleet(1, **SETTINGS)
    alpha, beta = (make(fleet.balancer, slug, receivers[at]) for at, slug in enumerate(("alpha", "beta")))

    def delivered(tenant: Tenant) -> str:
        meeting_id, path = fresh("told"), f"/{fresh('ended')}"
        tenant.client.create(meeting_id, meetingEndedURL=tenant.receiver.url(path)).succeeded()
        tenant.client.end(meeting_id).succeeded()
        return tenant.receiver.wait_for(path)[0].headers["Plenary-Delivery"]

    first, second = delivered(alpha), delivered(alpha)
    for _ in range(3):
        delivered(beta)
    third = delivered(alpha)
    if first.isdigit() and second.isdigit() and third.isdigit():
        steps = int(second) - int(first), int(third) - int(second)
        assert steps[0] == steps[1], f"{first}, {second}, {third}: the last step has the 3 of the other account"


def test_rooms_in_meetings_are_of_the_same_account(house, receivers):
    """Breakout rooms of one meetingID in meetings of one meetingID, of every account."""
    room = fresh("room")
    made: dict[str, str] = {}
    wrong: list[str] = []
    for tenant in house.tenants:
        given = house.given(tenant) | {"isBreakout": "true", "sequence": "1", "parentMeetingID": house.shared}
        answer = check(tenant.client.create(room, **given).succeeded(), house.others(tenant), "create of a room")
        assert (answer.text("meetingID"), answer.key) == (room, None)
        assert answer.text("parentMeetingID") == tenant.internal[house.shared]
        made[tenant.slug] = tenant.internal[room] = answer.text("internalMeetingID")
        house.server.join(tenant.on_server(room), f"{tenant.word('person')} in a room")
    assert len(set(made.values())) == len(house.tenants)
    house.fleet.polled()
    for tenant in house.tenants:
        others = house.others(tenant)
        for route, client in tenant.routes.items():
            asked = about_nothing(tenant)
            for what, meeting_id in (("room", room), ("parent", house.shared)):
                for call, ask in about_meeting(meeting_id).items():
                    if not call.startswith(("end", "move")):
                        asked[f"{call} of the {what}"] = ask
            answers = {call: ask(client) for call, ask in asked.items()}
            for call, answer in answers.items():
                try:
                    check(answer, others, (tenant.slug, route, call), may_be_on_server=tenant)
                except AssertionError as error:
                    wrong.append(str(error).splitlines()[0])
            info = answers["getMeetingInfo of the room"].succeeded()
            assert info.text("internalMeetingID") == made[tenant.slug] and info.text("meetingID") == room
            assert info.text("parentMeetingID") == tenant.internal[house.shared]
            listed = answers["getMeetings"].succeeded().xml.findall("meetings/meeting")
            ids = sorted(one.findtext("meetingID") for one in listed)
            assert ids == sorted([house.shared, tenant.own, room]), (tenant.slug, route)
        for other in others:
            for text in (made[other.slug], other.on_server(room)):
                if text != room:
                    assert tenant.client.info(text).failed("notFound") and not tenant.client.is_running(text)
    for tenant in house.tenants:
        house.server.end_meeting(tenant.on_server(room))
        house.server.publish(made[tenant.slug])
        tenant.recordings[room] = made[tenant.slug]
    for tenant in house.tenants:
        for given in ({"state": "any"}, {"recordID": made[tenant.slug]}, {"meetingID": room}):
            found = check(tenant.client.call("getRecordings", **given), house.others(tenant), (tenant.slug, given))
            entries = found.succeeded().xml.findall("recordings/recording")
            assert made[tenant.slug] in [entry.findtext("recordID") for entry in entries], (tenant.slug, given)
    for tenant in house.tenants:
        eventually(lambda: tenant.receiver.stays_quiet(1.5) is None, 20, "all is told")  # noqa: B023
        for request in tenant.receiver.arrived():
            assert leaks(told_to(request), house.others(tenant)) == [], (tenant.slug, request)
            if found := scoped(told_to(request)):
                wrong.append(f"{tenant.slug}, {request.path}: {found}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_ids_that_look_like_those_of_servers_are_told_as_they_are(start_fleet, receiver):
    """An account may call its meetings as servers call those of accounts: each answer has the id that it gave."""
    fleet = start_fleet(1, **SETTINGS)
    alpha = make(fleet.balancer, "alpha", None, "--balancer-calls")
    eventually(lambda: alpha.client.call("getStatistics").is_success, NOTICE, "it may use the balancer's own calls")
    wrong: list[str] = []
    for tenant in (the_default(fleet.balancer), alpha):
        for prefix in (f"a{tenant.number}~", "a1~a2~", f"a{tenant.number}~a{tenant.number}~", "a0~", "a2~~"):
            meeting_id, name = f"{prefix}{fresh('x')}", fresh("title")
            client, path = tenant.client, f"/{fresh('hook')}"
            hook = client.call("hooks/create", callbackURL=receiver.url(path), meetingID=meeting_id).succeeded()
            made = client.create(meeting_id, name=name, meta_about=meeting_id, record="true").succeeded()
            record_id = made.text("internalMeetingID")
            said = {"create": made.text("meetingID")}
            said["getMeetingInfo"] = client.info(meeting_id).text("meetingID")
            said["metadata"] = client.info(meeting_id).text("metadata/about")
            for call, entry in (
                ("getMeetings", "meetings/meeting"), ("getMeetingEvents", "events/event"),
                ("getStatistics", "servers/server/meetings/meeting"), ("hooks/list", "hooks/hook"),
            ):  # fmt: skip
                given = {"users": "0"} if call == "getMeetingEvents" else {}
                found = client.call(call, **given).succeeded().xml.findall(entry)
                # One at a time: it is the only one that runs, and the newest.
                said[call] = found[0].findtext("meetingID") if found else None
                if call == "getMeetingEvents" and found:
                    said["query of getMeetingEvents"] = found[0].findtext("query/meetingID")
            client.end(meeting_id, "mp").succeeded()
            fleet.servers[0].publish(record_id)
            recordings = client.call("getRecordings", meetingID=meeting_id).succeeded().xml
            said["getRecordings"] = recordings.findtext("recordings/recording/meetingID")
            told = json.loads(receiver.wait_for(path)[0].form["event"])[0]
            said["event"] = told["data"]["attributes"]["meeting"]["external-meeting-id"]
            client.call("hooks/destroy", hookID=hook.text("hookID")).succeeded()
            eventually(lambda: client.listed() == {}, 10, "it is over")  # noqa: B023
            wrong += [
                f"{tenant.slug}, {call}: {text!r} instead of {meeting_id!r}"
                for call, text in said.items()
                if text != meeting_id
            ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("length", [240, 250, 253])
def test_long_ids_are_everybodys(start_fleet, length):
    """BigBlueButton takes meetingIDs of 256 characters: a front-end that uses nearly as many works with any account."""
    fleet = start_fleet(1, **SETTINGS)
    alpha = make(fleet.balancer, "alpha")
    for tenant in (the_default(fleet.balancer), alpha):
        meeting_id = fresh("long").ljust(length, "x")
        answer = tenant.client.create(meeting_id, name="Long").as_api()
        assert answer.is_success, (tenant.slug, answer.body)
        assert answer.text("meetingID") == meeting_id
        assert tenant.client.info(meeting_id).succeeded().text("meetingID") == meeting_id


def test_ids_too_long_for_servers_are_refused_in_their_words(start_fleet):
    """An account's number stands in front of its ids on servers (decision 18): of 256 characters some are not left."""
    fleet = start_fleet(1, **SETTINGS)
    alpha = make(fleet.balancer, "alpha")
    meeting_id = fresh("long").ljust(256, "x")
    assert the_default(fleet.balancer).client.create(meeting_id, name="Long").as_api().is_success
    refused = alpha.client.create(meeting_id, name="Long").as_api()
    assert refused.text("messageKey") == "validationError"
    assert refused.text("message") == "Meeting ID must be between 2 and 256 characters"
    assert list(fleet.servers[0].meetings()) == [meeting_id]
