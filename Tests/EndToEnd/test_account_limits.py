"""What an account bought, and not one more: limits hold however many calls come at once."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest
import requests

from harness import Answer, Fleet, at_once, eventually, fresh
from tenants import DISABLED, NOTICE, TOO_MANY_MEETINGS, Tenant, errors_in, make, refusal, set_limits, the_default

FAST = {"PLENARY_POLL_INTERVAL": "500ms", "PLENARY_READS_MAX_AGE": "0s"}
CLIENTS = 50
LIMIT = 10
# Ours, in the words of the others.
TOO_MANY_PARTICIPANTS = "This application is not allowed to have any more participants."


def limited(fleet: Fleet, slug: str = "alpha", **limits: int) -> Tenant:
    """An account with limits: `max_meetings=10`."""
    tenant = make(fleet.balancer, slug)
    set_limits(fleet, slug, **limits)
    time.sleep(NOTICE)
    return tenant


def is_full(answer: Answer) -> bool:
    return answer.as_api().body == refusal(TOO_MANY_MEETINGS)


def held(fleet: Fleet, tenant: Tenant) -> set[str]:
    """What servers run of an account, breakout rooms left out."""
    return {
        meeting_id
        for server in fleet.servers
        for meeting_id, meeting in server.meetings().items()
        if meeting_id.startswith(f"a{tenant.number}~") and meeting["parameters"].get("isBreakout") != "true"
    }


# ---------------------------------------------------------------------------------------------------- meetings


@pytest.mark.parametrize("round_", range(3))
def test_fifty_creates_at_a_limit_of_ten_make_ten_meetings(start_fleet, round_):
    fleet = start_fleet(3, **FAST)
    alpha = limited(fleet, max_meetings=LIMIT)
    ids = [fresh("limit") for _ in range(CLIENTS)]
    routes = list(alpha.routes.values())
    answers = at_once(
        [lambda number=number: routes[number % 3].create(ids[number]) for number in range(CLIENTS)]
    )
    made = {ids[number] for number, answer in enumerate(answers) if answer.as_api().is_success}
    refused = [answer for answer in answers if not answer.is_success]
    assert len(made) == LIMIT and len(refused) == CLIENTS - LIMIT
    assert {answer.body for answer in refused} == {refusal(TOO_MANY_MEETINGS)}
    assert held(fleet, alpha) == {alpha.on_server(meeting_id) for meeting_id in made}
    assert sum(server.calls("create") for server in fleet.servers) == LIMIT, "no server was asked for what is refused"
    assert set(alpha.client.listed()) == made and fleet.balancer.status()["meetings"] == LIMIT
    # What runs may be created again: a front-end does so before each join.
    again = at_once([lambda meeting_id=meeting_id: alpha.client.create(meeting_id) for meeting_id in made])
    assert {answer.succeeded().key for answer in again} == {"duplicateWarning"}
    # Others are not concerned.
    at_once([lambda: fleet.client.create(fresh("other")).succeeded()] * 12)
    assert is_full(alpha.client.create(fresh("limit")))


def test_a_limit_of_one_and_many_creates_of_two_ids(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = limited(fleet, max_meetings=1)
    ids = [fresh("first"), fresh("second")]
    answers = at_once([lambda number=number: alpha.client.create(ids[number % 2]) for number in range(40)])
    outcomes = Counter((number % 2, answer.as_api().code, answer.key) for number, answer in enumerate(answers))
    winner = next(number for number in (0, 1) if outcomes[number, "SUCCESS", None])
    assert outcomes == {
        (winner, "SUCCESS", None): 1, (winner, "SUCCESS", "duplicateWarning"): 19,
        (1 - winner, "FAILED", "permissionDenied"): 20,
    }  # fmt: skip
    assert held(fleet, alpha) == {alpha.on_server(ids[winner])}


def test_the_limit_holds_while_meetings_end(start_fleet):
    """Creates and ends over one another for a while. One server: it is counted in one look."""
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_meetings=LIMIT)
    over = threading.Event()
    seen: list[int] = []
    strange: list[Answer] = []
    made: list[str] = []
    live: list[str] = []
    lock = threading.Lock()

    def create() -> None:
        while not over.is_set():
            meeting_id = fresh("race")
            answer = alpha.client.create(meeting_id)
            if answer.as_api().is_success:
                with lock:
                    made.append(meeting_id)
                    live.append(meeting_id)
            elif answer.body != refusal(TOO_MANY_MEETINGS):
                strange.append(answer)

    def end() -> None:
        while not over.is_set():
            with lock:
                meeting_id = live.pop(0) if len(live) > LIMIT // 2 else None
            if meeting_id is None:
                time.sleep(0.005)
            elif not alpha.client.end(meeting_id).as_api().is_success:
                strange.append(meeting_id)

    def watch() -> None:
        while not over.is_set():
            seen.append(len(held(fleet, alpha)))
            time.sleep(0.01)

    threads = [threading.Thread(target=job) for job in [create] * 12 + [end] * 3 + [watch]]
    for thread in threads:
        thread.start()
    time.sleep(6)
    over.set()
    for thread in threads:
        thread.join(30)
    assert strange == []
    assert len(made) > 3 * LIMIT, "hardly any meeting ended: this tests nothing"
    assert max(seen) <= LIMIT and len(seen) > 20
    fleet.polled()
    # Nothing was lost in the count: as many can be made as there are places.
    free = LIMIT - len(held(fleet, alpha))
    answers = at_once([lambda: alpha.client.create(fresh("after"))] * 20)
    assert sum(answer.as_api().is_success for answer in answers) == free
    assert len(held(fleet, alpha)) == LIMIT


@pytest.mark.parametrize("way", ["end", "moderator", "reboot", "command"])
def test_a_meeting_that_ended_frees_its_place(start_fleet, way):
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_meetings=3)
    ids = [fresh("place") for _ in range(3)]
    for meeting_id in ids:
        alpha.client.create(meeting_id).succeeded()
    assert is_full(alpha.client.create(fresh("place")))
    server, on_server = fleet.servers[0], alpha.on_server(ids[0])
    if way == "end":
        alpha.client.end(ids[0]).succeeded()
    elif way == "moderator":
        server.end_meeting(on_server)
    elif way == "reboot":
        server.reboot()
    else:
        number = next(one["number"] for one in fleet.balancer.json("meeting", "list") if one["meetingID"] == ids[0])
        fleet.balancer.command("meeting", "end", str(number))
    eventually(lambda: alpha.client.create(fresh("place")).is_success, 10, "its place is free")
    free = 2 if way == "reboot" else 0
    if way == "reboot":
        eventually(lambda: alpha.client.listed().keys().isdisjoint(ids), 10, "all are known to be lost")
    answers = at_once([lambda: alpha.client.create(fresh("place"))] * 10)
    assert sum(answer.is_success for answer in answers) == free
    assert all(answer.is_success or is_full(answer) for answer in answers)


def test_a_create_that_fails_takes_no_place(start_fleet):
    fleet = start_fleet(1, PLENARY_CREATE_DEADLINE="2s", **FAST)
    alpha = limited(fleet, max_meetings=2)
    server = fleet.servers[0]
    for _ in range(5):
        # The server itself refuses it.
        alpha.client.create(fresh("failed"), voiceBridge="1", maxParticipants="x", name="x").as_api()
    for meeting_id in alpha.client.listed():
        alpha.client.end(meeting_id).succeeded()
    server.fault("refuse", call="create", count=3)
    for _ in range(3):
        alpha.client.create(fresh("failed")).as_api()
    server.heal()
    fleet.balancer.settled()
    eventually(lambda: held(fleet, alpha) == set(), 10, "nothing was left")
    answers = at_once([lambda: alpha.client.create(fresh("place"))] * 10)
    assert sum(answer.as_api().is_success for answer in answers) == 2, [answer.body for answer in answers]


def test_breakout_rooms_do_not_count(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = limited(fleet, max_meetings=2)
    parent, other = fresh("parent"), fresh("other")
    alpha.client.create(parent).succeeded()
    rooms = []
    for sequence in range(1, 5):
        room = fresh("room")
        made = alpha.client.create(room, isBreakout="true", parentMeetingID=parent, sequence=str(sequence))
        assert made.succeeded().text("meetingID") == room
        rooms.append(room)
    alpha.client.create(other).succeeded()
    assert is_full(alpha.client.create(fresh("full")))
    # A full account may open rooms all the same, and many at once.
    answers = at_once(
        [
            lambda number=number: alpha.client.create(
                fresh("room"), isBreakout="true", parentMeetingID=parent, sequence=str(number)
            )
            for number in range(5, 15)
        ]
    )
    assert all(answer.succeeded() for answer in answers)
    fleet.polled()
    assert is_full(alpha.client.create(fresh("full")))
    # That a room ends frees no place.
    alpha.client.end(rooms[0]).succeeded()
    assert is_full(alpha.client.create(fresh("full")))
    # What says that it is one is not one: no limit is passed by a parameter.
    for wrong in (
        {"isBreakout": "true"}, {"isBreakout": "true", "sequence": "1"}, {"parentMeetingID": parent},
        {"isBreakout": "false", "parentMeetingID": parent, "sequence": "1"},
        {"isBreakout": "true", "parentMeetingID": "nobody", "sequence": "1"},
    ):  # fmt: skip
        assert not alpha.client.create(fresh("sham"), **wrong).as_api().is_success, wrong
    assert len(held(fleet, alpha)) == 2


def test_limits_take_effect_on_a_running_serve(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = make(fleet.balancer, "alpha")
    beta = make(fleet.balancer, "beta")
    for _ in range(6):
        alpha.client.create(fresh("many")).succeeded()
    told = set_limits(fleet, "alpha", max_meetings=4)
    assert told["limits"] == {"meetings": 4}
    eventually(lambda: is_full(alpha.client.create(fresh("many"))), NOTICE, "serve knows the limit")
    # Those that run go on.
    running = held(fleet, alpha)
    fleet.polled()
    assert held(fleet, alpha) == running and len(running) >= 6
    set_limits(fleet, "alpha", max_meetings=len(running) + 2)
    eventually(lambda: alpha.client.create(fresh("many")).is_success, NOTICE, "serve knows the higher limit")
    alpha.client.create(fresh("many")).succeeded()
    assert is_full(alpha.client.create(fresh("many")))
    # What is not named stays.
    told = set_limits(fleet, "alpha", max_participants=7)
    assert told["limits"] == {"meetings": len(running) + 2, "participants": 7}
    assert fleet.balancer.json("account", "show", "alpha")["limits"] == told["limits"]
    assert is_full(alpha.client.create(fresh("many")))
    assert set_limits(fleet, "alpha", max_meetings="none", max_participants="none")["limits"] == {}
    eventually(lambda: alpha.client.create(fresh("many")).is_success, NOTICE, "serve knows that there is no limit")
    at_once([lambda: beta.client.create(fresh("other")).succeeded()] * 12)
    # After a restart as before it.
    set_limits(fleet, "alpha", max_meetings=1)
    fleet.balancer.restart()
    assert is_full(alpha.client.create(fresh("many")))
    for wrong in ("0", "-1", "x", "1.5", "99999999999"):
        printed = fleet.balancer.command("account", "limits", "alpha", f"--max-meetings={wrong}", code=64)
        assert printed.err, wrong


def test_the_limit_holds_after_a_kill(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = limited(fleet, max_meetings=LIMIT)
    stop = threading.Event()

    def create() -> None:
        while not stop.is_set():
            try:
                alpha.client.create(fresh("kill"), timeout=5)
            except OSError:
                stop.wait(0.01)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    fleet.balancer.process.kill()
    fleet.balancer.serve()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(30)
    fleet.balancer.settled(20)
    fleet.polled()
    assert len(held(fleet, alpha)) == LIMIT == len(alpha.client.listed())


# ---------------------------------------------------------------------------------------------------- participants


def is_let_in(fleet: Fleet, answer: Answer) -> bool:
    """Whether a join leads to a server; if not, it must say that there is no room."""
    if any(answer.location.startswith(server.api) for server in fleet.servers):
        return True
    if answer.status == 302:
        assert errors_in(answer) == [{"message": TOO_MANY_PARTICIPANTS, "key": "permissionDenied"}], answer
        return False
    if answer.as_api().key == "successfullyJoined":
        return True
    assert answer.body == refusal(TOO_MANY_PARTICIPANTS), answer
    return False


def arrive(answer: Answer) -> None:
    """What the browser of somebody who was let in does."""
    with requests.Session() as browser:
        page = browser.get(answer.location or answer.text("url"), timeout=20)
        assert page.status_code == 200, page.text


def people(fleet: Fleet, tenant: Tenant) -> int:
    return sum(
        meeting["participants"]
        for server in fleet.servers
        for meeting_id, meeting in server.meetings().items()
        if meeting_id.startswith(f"a{tenant.number}~")
    )


@pytest.mark.parametrize("redirect", ["true", "false"])
def test_forty_joins_at_a_limit_of_ten_let_ten_in(start_fleet, redirect):
    fleet = start_fleet(2, **FAST)
    alpha = limited(fleet, max_participants=LIMIT)
    rooms = [fresh("hall") for _ in range(4)]
    for meeting_id in rooms:
        alpha.client.create(meeting_id).succeeded()
    routes = list(alpha.routes.values())
    more = {} if redirect == "true" else {"redirect": "false", "role": "VIEWER"}
    answers = at_once(
        [
            lambda number=number: routes[number % 3].join(rooms[number % 4], f"Person {number}", **more)
            for number in range(40)
        ]
    )
    let_in = [answer for answer in answers if is_let_in(fleet, answer)]
    assert len(let_in) == LIMIT
    for answer in let_in:
        arrive(answer)
    assert people(fleet, alpha) == LIMIT
    fleet.polled()
    assert not any(is_let_in(fleet, alpha.client.join(meeting_id, "Late", **more)) for meeting_id in rooms)
    # Who is not limited is not concerned.
    other = fresh("other")
    fleet.client.create(other).succeeded()
    assert all(is_let_in(fleet, fleet.client.join(other, "Ada", **more)) for _ in range(15))


def test_who_arrived_is_not_counted_twice(start_fleet):
    """As many come in as the account has, also if some have come just before."""
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_participants=LIMIT)
    hall = fresh("hall")
    alpha.client.create(hall).succeeded()
    for count in range(1, LIMIT + 1):
        answer = alpha.client.join(hall, f"Person {count}")
        assert is_let_in(fleet, answer), f"number {count} of {LIMIT} is refused"
        arrive(answer)
        assert people(fleet, alpha) == count
        if count % 3 == 0:
            fleet.polled()
    assert not is_let_in(fleet, alpha.client.join(hall, "One too many"))


def test_who_leaves_gives_the_place_back(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_participants=2)
    first, second = fresh("first"), fresh("second")
    for meeting_id in (first, second):
        alpha.client.create(meeting_id).succeeded()
        answer = alpha.client.join(meeting_id, "Ada")
        assert is_let_in(fleet, answer)
        arrive(answer)
    fleet.polled()
    assert not is_let_in(fleet, alpha.client.join(first, "Grace"))
    fleet.servers[0].leave(alpha.on_server(first))
    eventually(lambda: is_let_in(fleet, alpha.client.join(first, "Grace")), 30, "somebody left: there is room")
    assert not is_let_in(fleet, alpha.client.join(second, "Edsger"))
    # So does a meeting that ended, with all who were in it.
    alpha.client.end(second).succeeded()
    eventually(lambda: is_let_in(fleet, alpha.client.join(first, "Edsger")), 30, "a meeting ended: there is room")


def test_who_was_let_in_and_never_came_gives_the_place_back(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_participants=1)
    hall = fresh("hall")
    alpha.client.create(hall).succeeded()
    assert is_let_in(fleet, alpha.client.join(hall, "Never"))
    assert not is_let_in(fleet, alpha.client.join(hall, "Ada"))
    eventually(lambda: is_let_in(fleet, alpha.client.join(hall, "Ada")), 60, "nobody came: there is room")


def test_the_limit_of_participants_takes_effect_on_a_running_serve(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = make(fleet.balancer, "alpha")
    hall = fresh("hall")
    alpha.client.create(hall).succeeded()
    for number in range(5):
        fleet.servers[0].join(alpha.on_server(hall), f"Person {number}")
    fleet.polled()
    assert is_let_in(fleet, alpha.client.join(hall, "Ada"))
    set_limits(fleet, "alpha", max_participants=5)
    eventually(lambda: not is_let_in(fleet, alpha.client.join(hall, "Ada")), NOTICE, "serve knows the limit")
    assert people(fleet, alpha) == 5, "nobody is sent away"
    set_limits(fleet, "alpha", max_participants="none")
    eventually(lambda: is_let_in(fleet, alpha.client.join(hall, "Ada")), NOTICE, "serve knows that there is none")


# ---------------------------------------------------------------------------------------------------- duration


def test_a_meeting_is_no_longer_than_the_account_may(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_duration=60)
    for duration, expected in ((None, "60"), ("0", "60"), ("90", "60"), ("45", "45")):
        given = {"duration": duration} if duration else {}
        meeting_id = fresh("long")
        answer = alpha.client.create(meeting_id, **given).as_api()
        # Cut or refused; but no longer than it may be.
        if answer.is_success:
            assert fleet.servers[0].parameters(alpha.on_server(meeting_id)).get("duration") == expected, given
        else:
            assert given.get("duration") == "90" and answer.key == "permissionDenied", (given, answer.body)
    plain = fresh("plain")
    the_default(fleet.balancer).client.create(plain).succeeded()
    assert fleet.servers[0].parameters(plain).get("duration", "0") == "0"


def test_limits_say_nothing_to_who_is_disabled(start_fleet):
    """Which of several reasons is told: that the account may not call at all comes first."""
    fleet = start_fleet(1, **FAST)
    alpha = limited(fleet, max_meetings=1)
    alpha.client.create(fresh("one")).succeeded()
    assert is_full(alpha.client.create(fresh("two")))
    fleet.balancer.command("account", "disable", "alpha")
    denied = lambda: alpha.client.create(fresh("two")).body == refusal(DISABLED)  # noqa: E731
    eventually(denied, NOTICE, "serve knows that it is disabled")
