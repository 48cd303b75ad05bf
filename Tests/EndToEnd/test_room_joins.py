"""Joining rooms over HTTP: who starts, who waits, who is refused, and where everybody ends up on the servers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import at_once, eventually, fresh
from rooms import Hall, Reply, Visitor, follow, id_of, open_hall, parameters, ready_eventually

PAST, FUTURE = "2021-01-01", "2999-01-01"


@pytest.fixture(name="hall")
def open_one(start_fleet) -> Hall:
    return open_hall(start_fleet)


# ---------------------------------------------------------------------------------------------------- landing


def test_everybody_lands_in_one_meeting_with_the_right_role(start_fleet):
    hall = open_hall(start_fleet, 2)
    name = "Größe & <Maß>"
    room = hall.room(room_name=name, room_features={"max_participants": 50}, room_settings={"mute_on_start": True})
    tokens = {role: hall.token(room, role) for role in ("moderator", "attendee", "guest")}
    ada, ben, gus = hall.visitor("Ada Löve"), hall.visitor("Ben"), hall.visitor("Gus")

    asked = ada.ask(room, tokens["moderator"]).ok()
    assert (asked["object"], asked["role"], asked["can_start"]) == ("JoinPreview", "moderator", True)
    assert asked["room"]["room_name"] == name and asked["requires"] == {
        "name": True, "access_code": False, "consent": False,
    }  # fmt: skip
    assert asked["live"] == {"state": "inactive", "started_at": None, "participant_count": 0, "max_participants": 50}
    # To ask is not to use.
    assert hall.api.get(f"/rooms/{room['id']}/tokens/{tokens['moderator']['id']}").ok()["last_usage"] is None
    assert not hall.meetings(room)

    joined = ada.join(room, tokens["moderator"])
    assert joined.ok()["role"] == "moderator"
    server, meeting = hall.meeting(room)
    created = meeting["parameters"]
    assert created["name"] == name and created["maxParticipants"] == "50" and created["muteOnStart"] == "true"
    assert created["duration"] == "60" and created["record"] == "false"
    assert created["meta_plenary-room"] == room["uuid"] and created["guestPolicy"] == "ALWAYS_ACCEPT"
    assert created["attendeePW"] != created["moderatorPW"]
    told = parameters(joined)
    assert told["createTime"] == str(meeting["createTime"])
    assert ada.enter(joined).startswith(f"http://127.0.0.1:{server.port}/html5client/")
    ben.come(room, tokens["attendee"])
    gus.come(room, tokens["guest"])
    assert hall.people(room) == {
        "Ada Löve": ("MODERATOR", "m_"), "Ben": ("VIEWER", "a_"), "Gus": ("VIEWER", "g_"),
    }  # fmt: skip

    for token in tokens.values():
        assert hall.api.get(f"/rooms/{room['id']}/tokens/{token['id']}").ok()["last_usage"] is not None
    figures = eventually(lambda: counted(hall, room, 3), 15, "the status counts three people")
    assert (figures["moderator_count"], figures["attendee_count"], figures["guest_count"]) == (1, 1, 1)
    assert ben.ask(room, tokens["attendee"]).ok()["live"]["participant_count"] == 3
    # Guests are not told.
    assert gus.ask(room, tokens["guest"]).ok()["live"]["participant_count"] is None
    hall.must_keep_quiet()


def counted(hall: Hall, room: dict, people: int) -> dict | None:
    status = hall.api.get(f"/rooms/{room['id']}/status").ok()
    assert status["state"] == "active" and not status["stale"], status
    return status["meet"] if status["meet"]["participant_count"] == people else None


@pytest.mark.parametrize(
    ("policy", "on_server"),
    [("always_accept", "ALWAYS_ACCEPT"), ("ask_moderator", "ALWAYS_ACCEPT_AUTH"), ("ask_moderator_all", "ASK_MODERATOR")],
)
def test_the_guest_policy_reaches_the_server_and_every_role_says_what_it_is(hall, policy, on_server):
    room = hall.room(is_public=True, room_settings={"guest_policy": policy})
    told = {}
    for role in ("moderator", "attendee", "guest"):
        told[role] = parameters(hall.visitor(role.title()).join(room, hall.token(room, role)))
    assert hall.meeting(room)[1]["parameters"]["guestPolicy"] == on_server
    said = {role: (given.get("role"), given.get("guest"), given.get("auth")) for role, given in told.items()}
    assert said == {
        "moderator": ("MODERATOR", "false", "true"), "attendee": ("VIEWER", "false", "true"),
        "guest": ("VIEWER", "true", "false"),
    }  # fmt: skip


def test_an_ended_meeting_takes_nobody_in_by_an_old_address(hall):
    room = hall.room()
    moderator = hall.token(room, "moderator")
    joined = hall.visitor("Ada").join(room, moderator)
    joined.ok()
    ended = hall.api.post(f"/rooms/{room['id']}/end").ok(202)
    assert ended["end_reason"] == "api" and not hall.meetings(room)
    hall.api.post(f"/rooms/{room['id']}/end").problem(409, "not_running")
    assert hall.api.get(f"/rooms/{room['id']}/status").ok()["state"] == "inactive"
    # An attendee waits again, and the next session is another one.
    waiting = hall.visitor("Ben").wait(room, hall.token(room, "attendee"))
    hall.visitor("Ada").come(room, moderator)
    assert "html5client" not in follow(joined.json["redirect_url"]), "an old address leads into the new session"
    hall.visitor("Ben").enter(ready_eventually(hall.visitor("Ben"), room, waiting["ticket"]))
    sessions = hall.api.list(f"/rooms/{room['id']}/sessions")
    assert [session["state"] for session in sessions] == ["running", "ended"]
    assert set(hall.people(room)) == {"Ada", "Ben"}


def test_a_session_can_be_started_without_joining(hall):
    room = hall.room()
    made = hall.api.post(f"/rooms/{room['id']}/start")
    session = made.ok(201)
    assert session["object"] == "Session" and session["state"] == "running"
    assert hall.api.post(f"/rooms/{room['id']}/start").ok(200)["id"] == session["id"]
    assert hall.api.get(f"/sessions/{session['id']}").ok()["room_id"] == room["id"]
    hall.visitor("Ben").come(room, hall.token(room, "attendee"))
    assert set(hall.people(room)) == {"Ben"}
    hall.api.delete(f"/rooms/{room['id']}").problem(409, "room_in_use")
    hall.api.delete(f"/rooms/{room['id']}", force="true").ok(204)
    assert not hall.meetings(room)


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


# ---------------------------------------------------------------------------------------------------- access codes


def test_access_codes_protect_the_role_that_has_one(hall):
    """The table of section 9."""
    ada = hall.visitor()

    def room_with(*codes: tuple[str, str | None], **given) -> tuple[dict, list[str], dict[str, dict]]:
        room = hall.room(**given)
        made = [hall.code(room, role, expires_at=expires)["code"] for role, expires in codes]
        tokens = {role: hall.token(room, role) for role in ("moderator", "attendee", "guest")}
        hall.visitor("Host").come(room, tokens["moderator"], made[0] if codes[0][0] == "moderator" else None)
        return room, made, tokens

    room, (of_moderators,), tokens = room_with(("moderator", None))
    assert ada.ask(room, tokens["moderator"]).ok()["requires"]["access_code"]
    ada.join(room, tokens["moderator"]).problem(401, "access_code_required", access_code="access_code_required")
    assert ada.join(room, tokens["moderator"], of_moderators).ok()["role"] == "moderator"
    # As it is read out.
    spaced = f" {of_moderators[:3]} {of_moderators[3:6]} {of_moderators[6:]} "
    assert ada.join(room, tokens["moderator"], spaced).ok()["role"] == "moderator"
    assert ada.join(room, tokens["attendee"]).ok()["role"] == "attendee"
    ada.join(room, None, of_moderators).problem(401, "token_required")
    (code,) = hall.api.list(f"/rooms/{room['id']}/access-codes")
    assert code["last_usage"] is not None and code["valid"] and len(code["code"]) == 9

    room, (of_moderators, of_attendees), tokens = room_with(("moderator", None), ("attendee", None))
    ada.join(room, tokens["attendee"], of_moderators).problem(
        403, "access_code_invalid", access_code="access_code_invalid"
    )
    ada.join(room, tokens["attendee"], "000000000").problem(403, "access_code_invalid")
    assert ada.join(room, tokens["attendee"], of_attendees).ok()["role"] == "attendee"

    room, (expired,), tokens = room_with(("attendee", PAST))
    ada.join(room, tokens["attendee"], expired).problem(403, "access_code_expired")
    ada.join(room, tokens["attendee"]).problem(401, "access_code_required")

    room, (expired, valid), tokens = room_with(("attendee", PAST), ("attendee", FUTURE))
    assert ada.join(room, tokens["attendee"], valid).ok()["role"] == "attendee"

    room, (of_moderators, of_guests), tokens = room_with(("moderator", None), ("guest", None), is_public=True)
    ada.join(room, None, of_moderators).problem(403, "access_code_invalid")
    assert ada.join(room, None, of_guests).ok()["role"] == "guest"
    hall.must_keep_quiet()


def test_wrong_codes_lock_out_their_address_and_nobody_else(hall):
    room = hall.room()
    token, code = hall.token(room, "moderator"), hall.code(room, "moderator")["code"]
    wrong, right = hall.visitor("Eve", "203.0.113.7"), hall.visitor("Ada", "203.0.113.8")
    # A code that is not given is not a wrong one.
    for _ in range(7):
        wrong.join(room, token).problem(401, "access_code_required")
    for number in range(5):
        wrong.join(room, token, f"00000{number}").problem(403, "access_code_invalid")
    locked = wrong.join(room, token, "000005")
    locked.problem(429, "rate_limited")
    assert 0 < int(locked.headers["Retry-After"]) <= 600
    wrong.join(room, token, code).problem(429, "rate_limited")
    assert right.join(room, token, code).ok()["state"] == "ready"
    # The lock is of one room.
    other = hall.room()
    assert wrong.join(other, hall.token(other, "moderator")).ok()["state"] == "ready"


def test_what_is_missing_is_told_at_once(start_fleet):
    hall = open_hall(start_fleet, recording=True)
    room = hall.room(room_settings={"auto_start_recording": True})
    token, code = hall.token(room, "moderator"), hall.code(room, "moderator")["code"]
    nobody = hall.visitor(None)
    asked = nobody.ask(room, token).ok()
    assert asked["requires"] == {"name": True, "access_code": True, "consent": True}
    assert asked["recording"] == "automatic"
    told = nobody.join(room, token).problem(
        422, "join_incomplete", access_code="access_code_required", consent="consent_required", name="name_required"
    )
    assert [fault["pointer"] for fault in told["errors"]] == ["/access_code", "/consent", "/name"]
    assert told["room"]["room_name"] == room["room_name"]
    agreed = {"consent": {"recording": True}}
    for name in ("", "   ", "x" * 65, "a\u0000b", "a\u202eb"):
        nobody.again(room, token=token["token"], access_code=code, name=name, **agreed).problem(422, "name_required")
    nobody.again(room, token=token["token"], access_code=code, name="Ada").problem(422, "consent_required")
    nobody.again(room, token=token["token"], access_code=code, name="Ada", nmae="Ada").problem(
        422, "validation_failed", nmae="unknown_field"
    )
    nobody.again(room, token=7, access_code=[code], name={}, consent="yes").problem(
        422, "validation_failed", token="invalid_type", access_code="invalid_type", name="invalid_type",
        consent="invalid_type",
    )  # fmt: skip
    joined = nobody.again(room, token=token["token"], access_code=code, name="  Ada  ", **agreed)
    assert parameters(joined)["fullName"] == "Ada"
    created = hall.meeting(room)[1]["parameters"]
    assert (created["record"], created["autoStartRecording"]) == ("true", "true")


# ---------------------------------------------------------------------------------------------------- refusals


def test_refusals_say_why_and_nothing_else(hall):
    ada = hall.visitor()
    room, other = hall.room(), hall.room()
    moderator = hall.token(room, "moderator")

    ada.join(room).problem(401, "token_required")
    ada.ask(room).problem(401, "token_required")
    for unknown in ("x", "A" * 32, moderator["token"][:-1] + "_", hall.token(other, "moderator")["token"], "ü", "%00"):
        ada.join(room, unknown).problem(403, "token_invalid")
        ada.ask(room, unknown).problem(403, "token_invalid")
    ada.join("1111111111").problem(404, "room_not_found")
    for wrong in ("x", "u6Yh3DkQ9w%00", "%2e%2e%2frooms", "ü", "1" * 10_000):
        assert ada.api.send("GET", f"/join/{wrong}").status in (400, 404, 414)
    # All three names of it are good.
    for name in (room["uuid"], room["ulid"], room["ulid"].lower()):
        assert ada.ask(name, moderator).ok()["room"]["id"] == room["id"]

    expired = hall.token(room, "attendee", expires_at=PAST)
    assert not expired["valid"]
    ada.join(room, expired).problem(403, "token_expired")
    hall.api.patch(f"/rooms/{room['id']}", {"is_public": True}).ok()
    # Not downgraded to a guest.
    ada.join(room, expired).problem(403, "token_expired")

    hall.api.patch(f"/rooms/{room['id']}", {"status": "inactive"}).ok()
    for token in (moderator, None):
        ada.join(room, token).problem(403, "room_inactive")
    hall.api.patch(f"/rooms/{room['id']}", {"status": "active", "room_settings": {"opens_at": FUTURE}}).ok()
    told = ada.join(room).problem(403, "room_not_open")
    assert told["opens_at"] == "2999-01-01T00:00:00Z"
    assert ada.join(room, moderator).problem(403, "room_not_open")["opens_at"] == "2998-12-31T23:45:00Z"
    closed = {"opens_at": None, "closes_at": PAST}
    hall.api.patch(f"/rooms/{room['id']}", {"room_settings": closed}).ok()
    assert ada.join(room, moderator).problem(403, "room_not_open")["opens_at"] is None
    denied = {"closes_at": None, "guest_policy": "always_deny"}
    hall.api.patch(f"/rooms/{room['id']}", {"room_settings": denied}).ok()
    ada.join(room).problem(403, "guests_not_allowed")
    assert ada.join(room, moderator).ok()["state"] == "ready"

    hall.api.delete(f"/rooms/{other['id']}").ok(204)
    ada.join(other).problem(410, "room_gone")
    ada.ask(other).problem(410, "room_gone")


def test_the_end_of_a_subscription_keeps_out_who_is_new(hall):
    room = hall.room()
    moderator = hall.token(room, "moderator")
    hall.api.patch(f"/subscriptions/{hall.subscription['id']}", {"status": "inactive"}).ok()
    hall.visitor().join(room, moderator).problem(403, "subscription_unusable")
    hall.api.post("/rooms", {"account_id": hall.account["id"], "room_name": "x"}).problem(403, "subscription_unusable")
    hall.api.patch(f"/subscriptions/{hall.subscription['id']}", {"status": "active"}).ok()
    hall.visitor("Ada").come(room, moderator)
    hall.api.patch(f"/subscriptions/{hall.subscription['id']}", {"status": "inactive"}).ok()
    hall.visitor("Ben").join(room, moderator).problem(403, "subscription_unusable")
    # Who is in is left alone.
    assert set(hall.people(room)) == {"Ada"}


def test_a_link_for_one_use_lets_one_in(hall):
    room = hall.room()
    hall.visitor("Host").come(room, hall.token(room, "moderator"))
    once = hall.token(room, "attendee", max_uses=1, display_name="Grace Hopper")
    asked = hall.visitor(None).ask(room, once).ok()
    assert asked["preset_name"] == "Grace Hopper" and not asked["requires"]["name"]
    visitors = [hall.visitor(f"Visitor {number}") for number in range(12)]
    replies = at_once([lambda visitor=visitor: visitor.join(room, once) for visitor in visitors])
    (winner,) = [reply for reply in replies if reply.status == 200]
    assert parameters(winner)["fullName"] == "Grace Hopper"
    for reply in replies:
        if reply is not winner:
            reply.problem(403, "token_used_up")
    told = hall.api.get(f"/rooms/{room['id']}/tokens/{once['id']}").ok()
    assert (told["use_count"], told["valid"]) == (1, False)


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


def test_one_address_tries_only_so_often(start_fleet):
    hall = open_hall(start_fleet, settings={"PLENARY_ROOMS_JOINS_PER_MINUTE": "5"})
    room = hall.room(room_name=fresh("limited"))
    near, far = hall.visitor("Eve", "203.0.113.7"), hall.visitor("Ada", "2001:db8:1::1")
    replies = [near.ask(room) for _ in range(6)]
    assert [reply.status for reply in replies] == [401] * 5 + [429]
    replies[-1].problem(429, "rate_limited")
    # Of an IPv6 network all have one count.
    for number in range(5):
        hall.visitor("Ada", f"2001:db8:1::{number + 2}").ask(id_of(room)).problem(401, "token_required")
    far.ask(room).problem(429, "rate_limited")
