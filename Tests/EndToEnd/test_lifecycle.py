"""Start, stop and restart of `serve`, and servers that reboot, die and come back."""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import LONGEST_START, Fleet, eventually, fresh

# A dead server's meetings are given up within this, with the settings below.
GIVEN_UP = 60.0
FAST = {"PLENARY_POLL_INTERVAL": "500ms", "PLENARY_POLL_DEADLINE": "500ms", "PLENARY_HEALTH_SILENCE": "3s"}


def agrees(fleet: Fleet) -> bool:
    truth = fleet.truth()
    assert fleet.balancer.known() == truth
    assert fleet.client.listed() == {meeting_id: internal for meeting_id, (_, internal) in truth.items()}
    return True


# ---------------------------------------------------------------------------------------------------- serve


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_with_0(start_fleet, sent):
    fleet = start_fleet(1)
    for path in ("livez", "readyz"):
        assert requests.get(f"{fleet.balancer.root}/{path}", timeout=5).status_code == 200
    assert fleet.balancer.process.end(sent) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{fleet.balancer.root}/readyz", timeout=5)


def test_serve_without_servers_is_ready(new_balancer):
    balancer = new_balancer().serve()
    assert balancer.stop() == 0


def test_serve_is_ready_though_a_server_is_down(start_simulator, new_balancer):
    server, dead = start_simulator("a"), start_simulator("b")
    balancer = new_balancer()
    balancer.add(server, dead)
    dead.kill()
    balancer.serve()
    balancer.client.create(fresh("up")).succeeded()


def test_open_requests_are_answered_before_the_end(start_fleet):
    fleet = start_fleet(1)
    meeting_id = fresh("open")
    server = fleet.servers[0]
    server.fault("slow", call="create", when="after", seconds=2)
    with ThreadPoolExecutor(1) as pool:
        open_request = pool.submit(lambda: fleet.client.create(meeting_id))
        eventually(lambda: server.has(meeting_id), 10, "the create is under way")
        assert fleet.balancer.process.end(signal.SIGTERM) == 0
        answer = open_request.result(20).succeeded()
    assert answer.text("internalMeetingID") == server.meetings()[meeting_id]["internalMeetingID"]
    fleet.balancer.serve()
    assert agrees(fleet)


def test_a_second_serve_on_the_same_database_is_refused(start_fleet):
    fleet = start_fleet(1)
    second = fleet.balancer.command("serve", code=1)
    assert "another `plenary serve`" in second.err and str(fleet.balancer.database) in second.err
    fleet.client.create(fresh("still")).succeeded()
    # The lock goes with the process, however it ends.
    fleet.balancer.process.kill()
    fleet.balancer.serve()
    fleet.client.create(fresh("again")).succeeded()


def test_who_connects_in_the_first_moment_is_answered(new_balancer):
    """The port belongs to the listener from its first moment on: nobody is cut off, or left waiting for ever."""

    def first_answer(port: int) -> bytes:
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 5) as client:
                client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return client.recv(1_000)
        raise AssertionError("nobody listens")

    for _ in range(10):
        balancer = new_balancer()
        process = balancer.spawn("serve")
        assert first_answer(balancer.port).startswith(b"HTTP/1.1 200 ")
        assert process.end() == 0


def test_a_port_that_is_taken_is_told(start_fleet, new_balancer):
    fleet = start_fleet(1)
    other = new_balancer(PLENARY_LISTEN=f"127.0.0.1:{fleet.balancer.port}")
    printed = other.command("serve", code=1)
    assert str(fleet.balancer.port) in printed.err and printed.err.splitlines()[-1].startswith("  "), printed.err


def test_a_restart_keeps_meetings(start_fleet):
    fleet = start_fleet(3)
    meetings = fleet.spread(2)
    before, listed = fleet.truth(), fleet.client.listed()
    fleet.balancer.restart()
    # At once, with nothing learned from servers beyond the first look.
    assert fleet.balancer.known() == before
    assert fleet.client.listed() == listed
    for name, ids in meetings.items():
        server = next(server for server in fleet.servers if server.name == name)
        for meeting_id in ids:
            assert fleet.client.join(meeting_id).location.startswith(server.api)
            assert fleet.client.create(meeting_id).succeeded().key == "duplicateWarning"
    assert fleet.truth() == before


def test_meetings_that_ended_during_a_restart_are_gone(start_fleet):
    fleet = start_fleet(2)
    meetings = fleet.spread(2)
    assert fleet.balancer.stop() == 0
    over = meetings["a"][0]
    fleet.servers[0].end_meeting(over)
    fleet.balancer.serve()
    eventually(lambda: agrees(fleet), 10, "the meeting that ended is gone")
    assert not fleet.client.is_running(over) and fleet.client.info(over).key == "notFound"


def test_the_generated_secret_is_shown_once(new_balancer):
    balancer = new_balancer()
    del balancer.environment["PLENARY_SECRET"]
    balancer.serve()
    told = balancer.log.read_text()
    secret = balancer.json("account", "show", "--reveal")["secrets"][0]["secret"]
    assert told.count(secret) == 1
    balancer.restart()
    assert balancer.log.read_text().count(secret) == 1


# ---------------------------------------------------------------------------------------------------- servers


def test_people_come_and_go_and_meetings_end_by_themselves(start_fleet):
    fleet = start_fleet(2, PLENARY_POLL_INTERVAL="500ms")
    meetings = fleet.spread(1)
    meeting_id, server = meetings["a"][0], fleet.servers[0]
    assert not fleet.client.is_running(meeting_id)
    server.join(meeting_id, "Ada", "MODERATOR")
    server.join(meeting_id, "Grace")
    assert fleet.client.is_running(meeting_id)
    assert fleet.client.info(meeting_id).succeeded().text("participantCount") == "2"
    users = lambda: fleet.balancer.json("server", "show", "a")["server"].get("users")  # noqa: E731
    eventually(lambda: users() == 2, 15, "the people are counted")
    server.leave(meeting_id)
    assert not fleet.client.is_running(meeting_id)
    server.end_meeting(meeting_id)
    eventually(lambda: agrees(fleet), 10, "the meeting that ended is gone")


def test_a_reboot_is_noticed_and_meetings_can_be_created_again(start_fleet):
    fleet = start_fleet(2)
    meetings = fleet.spread(2)
    lost = fleet.servers[0]
    lost.reboot()
    # Asked, it says so at once; nobody waits for a poll.
    assert fleet.client.info(meetings["a"][0]).key == "notFound"
    assert not fleet.client.is_running(meetings["a"][1])
    eventually(lambda: agrees(fleet), 10, "the lost meetings are gone")
    for meeting_id in meetings["a"]:
        assert fleet.client.create(meeting_id).succeeded().key is None
        assert fleet.holder(meeting_id)
    assert agrees(fleet)


def test_a_create_right_after_a_reboot_makes_the_meeting_anew(start_fleet):
    fleet = start_fleet(2)
    meetings = fleet.spread(2)
    before = fleet.truth()
    fleet.servers[0].reboot()
    for meeting_id in meetings["a"]:
        answer = fleet.client.create(meeting_id).succeeded()
        assert answer.key is None and answer.text("internalMeetingID") != before[meeting_id][1]
        assert fleet.holder(meeting_id).meetings()[meeting_id]["internalMeetingID"] == answer.text("internalMeetingID")
    eventually(lambda: agrees(fleet), 10, "servers and balancer agree")


def test_a_drained_server_keeps_its_meetings(start_fleet):
    fleet = start_fleet(2)
    meetings = fleet.spread(2)
    fleet.balancer.command("server", "drain", "a")
    fleet.balancer.restart()
    drained = fleet.servers[0]
    polls = drained.calls("getMeetings")
    eventually(lambda: drained.calls("getMeetings") > polls, 15, "it is still polled")
    assert agrees(fleet) and set(drained.meetings()) == set(meetings["a"])
    for meeting_id in meetings["a"]:
        assert fleet.client.join(meeting_id).location.startswith(drained.api)
        assert fleet.client.create(meeting_id).succeeded().key == "duplicateWarning"
        fleet.client.end(meeting_id).succeeded()
    assert drained.meetings() == {}
    # What was there and ended is made where meetings are made now.
    again = meetings["a"][0]
    fleet.client.create(again).succeeded()
    assert fleet.holder(again).name == "b"


def test_meetings_of_a_dead_server_can_be_created_elsewhere(start_fleet):
    fleet = start_fleet(3, **FAST)
    meetings = fleet.spread(2)
    dead = fleet.servers.pop(0)
    dead.kill()
    lost = meetings["a"]

    def given_up() -> bool:
        return fleet.client.info(lost[0]).as_api().key == "notFound"

    eventually(given_up, GIVEN_UP, "the dead server's meetings are given up")
    assert not fleet.client.is_running(lost[0])
    assert set(fleet.client.listed()) == {*meetings["b"], *meetings["c"]}
    for meeting_id in lost:
        assert fleet.client.create(meeting_id).succeeded().key is None
        assert fleet.holder(meeting_id).name != "a"
        assert fleet.client.join(meeting_id).status == 302
    # It comes back empty: nothing changes for its former meetings.
    fleet.servers.insert(0, dead.start())
    eventually(lambda: fleet.balancer.health(dead) == "online", 60, "the server is back")
    assert agrees(fleet)


def test_an_old_copy_is_ended_when_its_server_returns(start_fleet):
    fleet = start_fleet(3, **FAST)
    meetings = fleet.spread(2)
    silent = fleet.servers[0]
    before = fleet.truth()
    moved, kept = meetings["a"][:2]
    silent.suspend()
    eventually(lambda: fleet.client.info(moved).as_api().key == "notFound", GIVEN_UP, "the silent server is given up")
    created = fleet.client.create(moved).succeeded()
    assert created.key is None and created.text("internalMeetingID") != before[moved][1]
    silent.resume()
    eventually(lambda: not silent.has(moved), 30, "the old copy is ended")
    assert fleet.holder(moved).meetings()[moved]["internalMeetingID"] == created.text("internalMeetingID")
    # What was not created elsewhere goes on, with the people in it.
    eventually(lambda: fleet.balancer.health(silent) == "online", 60, "the server is back")
    assert fleet.truth()[kept] == before[kept]
    assert fleet.client.join(kept).location.startswith(silent.api)
    eventually(lambda: agrees(fleet), 10, "servers and balancer agree")


def test_a_short_silence_costs_nothing(start_fleet):
    """Shorter than what makes a server offline: joins go on all the time, and nothing is forgotten."""
    fleet = start_fleet(3, PLENARY_POLL_INTERVAL="500ms", PLENARY_POLL_DEADLINE="500ms")
    meetings = fleet.spread(1)
    silent, meeting_id = fleet.servers[0], meetings["a"][0]
    before = fleet.truth()
    fleet.polled()
    silent.suspend()
    eventually(lambda: fleet.balancer.health(silent) == "suspect", 15, "the silence is noticed")
    assert fleet.client.join(meeting_id).location.startswith(silent.api)
    assert fleet.client.info(meeting_id).as_api(within=5).is_success
    assert meeting_id in fleet.client.listed()
    silent.resume()
    eventually(lambda: fleet.balancer.health(silent) == "online", 15, "it is trusted again")
    assert fleet.truth() == before and agrees(fleet)


def test_servers_are_polled_at_their_cadence_and_no_faster(start_fleet):
    """Once a cancelled wait ended every later wait at once, and servers were polled hundreds of times a second."""
    fleet = start_fleet(2, PLENARY_POLL_INTERVAL="1s")
    simulator = fleet.servers[0]
    before, began = simulator.calls("getMeetings"), time.monotonic()
    eventually(lambda: simulator.calls("getMeetings") >= before + 4, 20, "four more polls")
    seconds = time.monotonic() - began
    # At most one in 0.85 s; the end of the wait may be a poll early.
    assert 4 <= seconds / 0.85 + 2, f"4 polls in {seconds:.2f} s"
    assert simulator.calls("getMeetings") - before <= seconds / 0.85 + 2
