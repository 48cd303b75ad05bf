"""Waiting for a room to start, for a seat in it, for a provider; many who come at once, and servers that die meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import at_once, eventually
from rooms import Hall, Reply, Visitor, counted, open_hall, parameters, ready_eventually

PAST, FUTURE = "2021-01-01", "2999-01-01"


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet)


# ---------------------------------------------------------------------------------------------------- waiting


def test_guests_of_a_public_room_wait_until_the_moderator_comes(hall):
    room = hall.room(is_public=True)
    (automatic,) = hall.api.list(f"/rooms/{room['id']}/tokens")
    assert automatic["auto"] and automatic["role"] == "guest"
    guests = [hall.visitor(f"Guest {number}") for number in range(4)]
    told = [guest.wait(room) for guest in guests]
    assert all(one["role"] == "guest" and one["queue_position"] is None for one in told)
    assert not hall.meetings(room)
    assert hall.api.list(f"/rooms/{room['id']}/tokens")[0]["last_usage"] is None

    streams = [guest.events(one) for guest, one in zip(guests, told)]
    for stream in streams:
        assert next(stream) == {"state": "waiting", "reason": "not_started", "queue_position": None}
    hall.visitor("Ada").come(room, hall.token(room, "moderator"))
    for stream in streams:
        assert list(stream) == [{"state": "ready"}]
    # The name is in the ticket.
    for guest, one in zip(guests, told):
        guest.enter(guest.again(room, ticket=one["ticket"]))
    assert hall.people(room) == {"Ada": ("MODERATOR", "m_")} | {guest.name: ("VIEWER", "g_") for guest in guests}
    assert hall.api.list(f"/rooms/{room['id']}/tokens", **{"filter[auto]": "true"})[0]["last_usage"] is not None
    hall.must_keep_quiet()


def test_who_waits_is_told_when_the_room_is_private_closed_or_gone(hall):
    """Seconds pass until those are told whom nothing wakes; who asks is told at once."""
    changes = {
        "token_required": lambda room: hall.api.patch(f"/rooms/{room['id']}", {"is_public": False}).ok(),
        "room_inactive": lambda room: hall.api.patch(f"/rooms/{room['id']}", {"status": "inactive"}).ok(),
        "room_gone": lambda room: hall.api.delete(f"/rooms/{room['id']}").ok(204),
    }

    def watch(reason: str) -> None:
        room, guest = hall.room(is_public=True, room_name=reason), hall.visitor(reason)
        told = guest.wait(room)
        stream = guest.events(told)
        assert next(stream)["state"] == "waiting"
        changes[reason](room)
        answer = guest.again(room, ticket=told["ticket"])
        answer.problem({"token_required": 401, "room_inactive": 403, "room_gone": 410}[reason], reason)
        assert list(stream) == [{"state": "closed", "reason": reason}]

    at_once([lambda reason=reason: watch(reason) for reason in changes])


def test_a_ticket_dies_with_the_token_that_it_names(hall):
    room, other = hall.room(), hall.room()
    token = hall.token(room, "attendee")
    ben = hall.visitor("Ben")
    told = ben.wait(room, token)
    # A ticket is of one room, and nobody makes one up.
    ben.again(other, ticket=told["ticket"]).problem(401, "token_required")
    for forged in ("", "x", told["ticket"][:-2] + "AA", told["ticket"].swapcase()):
        ben.again(room, ticket=forged, name="Ben").problem(401, "token_required")
    assert requests.get(f"{hall.root}/api/v1/join/{room['id']}/events?ticket=forged", timeout=10).status_code == 400
    hall.api.patch(f"/rooms/{room['id']}/tokens/{token['id']}", {"expires_at": PAST}).ok()
    ben.again(room, ticket=told["ticket"]).problem(403, "token_expired")
    hall.api.patch(f"/rooms/{room['id']}/tokens/{token['id']}", {"expires_at": FUTURE}).ok()
    assert ben.again(room, ticket=told["ticket"]).status == 202
    hall.api.delete(f"/rooms/{room['id']}/tokens/{token['id']}").ok(204)
    ben.again(room, ticket=told["ticket"]).problem(403, "token_invalid")


def test_anyone_can_start_where_the_room_says_so(hall):
    room = hall.room(is_public=True, room_settings={"anyone_can_start": True})
    assert hall.visitor().ask(room).ok()["can_start"]
    hall.visitor("Gus").come(room)
    assert hall.people(room) == {"Gus": ("VIEWER", "g_")}


# ---------------------------------------------------------------------------------------------------- a full room


def test_a_full_room_refuses(hall):
    room = hall.room(room_features={"max_participants": 2})
    token = hall.token(room, "moderator")
    hall.visitor("Ada").come(room, token)
    # A place is taken as soon as somebody is on the way.
    hall.visitor("Ben").join(room, token).ok()
    hall.visitor("Eve").join(room, token).problem(409, "room_full")
    assert hall.meeting(room)[1]["parameters"]["maxParticipants"] == "2"


def test_a_full_room_lets_in_by_turns(hall):
    room = hall.room(room_features={"max_participants": 2}, room_settings={"queue_when_full": True})
    moderator, attendee = hall.token(room, "moderator"), hall.token(room, "attendee")
    hall.visitor("Ada").come(room, moderator)
    hall.visitor("Ben").come(room, attendee)
    server, meeting = hall.meeting(room)
    first, second = hall.visitor("First"), hall.visitor("Second")
    told = [visitor.wait(room, attendee, "room_full") for visitor in (first, second)]
    assert [one["queue_position"] for one in told] == [1, 2]
    stream = first.events(told[0])
    assert next(stream) == {"state": "waiting", "reason": "room_full", "queue_position": 1}
    stream.close()
    # Who was let in and is not seen counts for a minute, as if still on the way.
    eventually(lambda: counted(hall, room, 2), 15, "both are seen")
    # All leave, somebody takes one of the two seats again.
    server.leave(meeting["meetingID"])
    server.join(meeting["meetingID"], "Ada", "MODERATOR")
    first.enter(ready_eventually(first, room, told[0]["ticket"]))
    reply = second.again(room, ticket=told[1]["ticket"])
    assert reply.ok(202)["queue_position"] == 1
    server.leave(meeting["meetingID"])
    second.enter(ready_eventually(second, room, reply.json["ticket"]))


# ---------------------------------------------------------------------------------------------------- at once, and failures


def test_of_many_who_start_at_once_one_does(start_fleet):
    hall = open_hall(start_fleet, 3)
    room = hall.room()
    token = hall.token(room, "moderator")
    visitors = [hall.visitor(f"Moderator {number}") for number in range(16)]
    replies = at_once([lambda visitor=visitor: visitor.join(room, token) for visitor in visitors])
    assert len({parameters(reply)["createTime"] for reply in replies}) == 1
    for visitor, reply in zip(visitors, replies):
        visitor.enter(reply)
    assert hall.people(room) == {visitor.name: ("MODERATOR", "m_") for visitor in visitors}
    assert sum(server.calls("create") for server in hall.fleet.servers) == 1
    assert len(hall.api.list(f"/rooms/{room['id']}/sessions")) == 1


def test_a_provider_that_is_down_is_tried_again(hall):
    (server,) = hall.fleet.servers
    room = hall.room(is_public=True)
    moderator = hall.token(room, "moderator")
    server.kill()
    refused = hall.visitor("Ada").join(room, moderator)
    refused.problem(503, "provider_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    server.start()
    ada = hall.visitor("Ada")

    def joined() -> Reply | None:
        reply = ada.join(room, moderator)
        assert reply.status in (200, 503), reply.told()
        return reply if reply.status == 200 else None

    ada.enter(eventually(joined, 45, "the room can be used again"))
    assert set(hall.people(room)) == {"Ada"}


def test_a_session_that_its_server_lost_is_started_anew(hall):
    (server,) = hall.fleet.servers
    room = hall.room()
    moderator = hall.token(room, "moderator")
    hall.visitor("Ada").come(room, moderator)
    before = hall.meeting(room)[1]["createTime"]
    server.reboot()
    ada = hall.visitor("Ada")

    def back() -> bool:
        reply = ada.join(room, moderator)
        if reply.status == 200:
            ada.enter(reply)
        return set(hall.people(room)) == {"Ada"}

    eventually(back, 30, "the moderator is in a session again")
    assert hall.meeting(room)[1]["createTime"] != before


@pytest.mark.parametrize("when", ["before", "after"])
def test_kill_9_in_the_middle_of_a_start_leaves_one_meeting(start_fleet, when):
    hall = open_hall(start_fleet, 2)
    room = hall.room()
    moderator = hall.token(room, "moderator")

    def sessions() -> list[dict]:
        return hall.api.list(f"/rooms/{room['id']}/sessions")

    for server in hall.fleet.servers:
        server.fault("slow", call="create", when=when, seconds=3)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(lambda: hall.visitor("Ada").join(room, moderator))
        eventually(lambda: [one["state"] for one in sessions()] == ["starting"], 10, "the session is about to start")
        if when == "after":
            eventually(lambda: hall.meetings(room), 10, "the server has the meeting")
        hall.balancer.process.kill()
        with pytest.raises(requests.RequestException):
            pending.result(20)
    hall.balancer.serve()
    for server in hall.fleet.servers:
        server.heal()
    ada, ben = hall.visitor("Ada"), hall.visitor("Ben")

    def joined(visitor: Visitor) -> Reply | None:
        reply = visitor.join(room, moderator)
        assert reply.status in (200, 503), reply.told()
        return reply if reply.status == 200 else None

    first = eventually(lambda: joined(ada), 45, "the room can be used after the crash")
    second = eventually(lambda: joined(ben), 10, "and by somebody else")
    ada.enter(first)
    ben.enter(second)
    assert set(hall.people(room)) == {"Ada", "Ben"}, "one meeting, both in it"
    hall.balancer.settled()
    assert len(hall.meetings(room)) == 1
    assert [session["state"] for session in sessions()].count("running") == 1, sessions()


def test_a_restart_keeps_rooms_and_who_is_in(hall):
    room = hall.room(is_public=True)
    moderator = hall.token(room, "moderator")
    waiting_room = hall.room(is_public=True)
    gus = hall.visitor("Gus")
    told = gus.wait(waiting_room)
    hall.visitor("Ada").come(room, moderator)
    hall.balancer.restart()
    hall.visitor("Ben").come(room)
    assert hall.people(room) == {"Ada": ("MODERATOR", "m_"), "Ben": ("VIEWER", "g_")}
    # A ticket is good beyond a restart, too.
    assert gus.again(waiting_room, ticket=told["ticket"]).status == 202
