"""Reservations (rooms-api.md 15): connections that are bought are guaranteed, and nobody is thrown out in vain."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from harness import Answer, Fleet, at_once, eventually, fresh
from tenants import NOTICE, Tenant, errors_in, make, set_limits

FAST = {"PLENARY_POLL_INTERVAL": "500ms", "PLENARY_READS_MAX_AGE": "0s"}
POOL = 20
# Those who have to make room are told each second.
MAKES_ROOM = 10.0
TAKEN, TOO_MANY = "noConnectionsAvailable", "connectionLimitExceeded"
STATES = {"pending", "reserved", "unreserved", "claimed", "terminating", "orphaned"}


def pooled(fleet: Fleet, connections: int = POOL, **limits: int) -> Tenant:
    """An account that can reserve so many connections, and a `serve` that knows it."""
    tenant = make(fleet.balancer, "alpha")
    set_limits(fleet, tenant.slug, max_connections=connections, **limits)
    return knows_pool(tenant, connections)


def knows_pool(tenant: Tenant, connections: int = POOL) -> Tenant:
    """Waits until `serve` knows the pool of an account: what is tried before that is ended again."""

    def is_on() -> bool:
        probe = fresh("probe")
        answer = book(tenant, probe, connections + 1).as_api()
        if answer.is_success:
            tenant.client.end(probe)
        return answer.key == TOO_MANY

    eventually(is_on, NOTICE, "serve knows the connections of the account")
    eventually(lambda: not any(one.startswith("probe") for one in tenant.client.listed()), 10, "what was tried is over")
    return tenant


def sell(fleet: Fleet, customer: str, connections: int, *slugs: str) -> tuple[str, list[Tenant]]:
    """A customer buys connections for new accounts: the subscription, and these."""
    balancer = fleet.balancer
    buyer = balancer.json(
        "customer", "create", "--email", f"it@{customer}.example", "--first-name", "Ida", "--last-name", "Berg"
    )
    package = balancer.json("package", "create", "Meet", "--feature", f"max_connections={connections}")
    sold = balancer.json("subscription", "create", "--package", package["id"], "--customer", buyer["id"])
    tenants = [make(balancer, slug) for slug in slugs]
    for tenant in tenants:
        balancer.command("subscription", "bind", sold["id"], tenant.slug)
    return sold["id"], [knows_pool(tenant, connections) for tenant in tenants]


def book(tenant: Tenant, meeting_id: str, connections: int, minutes: int = 120) -> Answer:
    return tenant.client.create(meeting_id, maxParticipants=connections, duration=minutes)


def refused(answer: Answer, available: int) -> Answer:
    """Asserts that the connections are taken, and that so many could be had."""
    assert answer.failed(TAKEN).text("availableConnections") == str(available), answer.body
    return answer


def command(tenant: Tenant, verb: str, *arguments: str):
    return tenant.balancer.json("account", "reservations", verb, tenant.slug, *arguments)


def reservations(tenant: Tenant) -> dict[tuple[str, str], dict]:
    """What is reserved in the pool of an account, by account and meetingID."""
    listed = command(tenant, "list")
    assert {one["state"] for one in listed} <= STATES, listed
    by_meeting = {(one["account"], one["meetingID"]): one for one in listed}
    assert len(by_meeting) == len(listed), "a meeting is listed twice"
    return by_meeting


def reservation(tenant: Tenant, meeting_id: str) -> dict:
    return reservations(tenant)[tenant.slug, meeting_id]


def is_let_in(fleet: Fleet, answer: Answer) -> bool:
    return any(answer.location.startswith(f"{server.api}/join?") for server in fleet.servers)


def must_live(fleet: Fleet, tenant: Tenant, meeting_id: str) -> None:
    """One server has it, it is listed, and whoever comes is let in."""
    fleet.holder(tenant.on_server(meeting_id))
    assert meeting_id in tenant.client.listed()
    assert is_let_in(fleet, tenant.client.join(meeting_id)), meeting_id


def must_make_room(fleet: Fleet, tenant: Tenant, meeting_id: str) -> None:
    """Who comes is turned away at once; some moments later it is over."""
    assert errors_in(tenant.client.join(meeting_id))[0]["key"] == "meetingForciblyEnded"
    eventually(lambda: not fleet.holders(tenant.on_server(meeting_id)), MAKES_ROOM, f"{meeting_id} is ended")
    eventually(lambda: meeting_id not in tenant.client.listed(), MAKES_ROOM, f"{meeting_id} is listed no more")
    gone = lambda: (tenant.slug, meeting_id) not in reservations(tenant)  # noqa: E731
    eventually(gone, MAKES_ROOM, f"nothing is kept for {meeting_id}")


def give_up(tenant: Tenant, meeting_id: str) -> None:
    tenant.balancer.command("account", "reservations", "release", tenant.slug, meeting_id)
    assert reservation(tenant, meeting_id)["state"] == "unreserved"


def moment(text: str) -> datetime:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text), text
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------------------------------------------- admission


def test_reservations_are_switched_on_and_off_while_serve_runs(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = make(fleet.balancer, "alpha")
    before = fresh("before")
    assert book(alpha, before, 50, 90).succeeded().text("duration") == "90"
    told = fleet.holder(alpha.on_server(before)).parameters(alpha.on_server(before))
    assert (told["maxParticipants"], told["duration"]) == ("50", "90")

    assert set_limits(fleet, "alpha", max_connections=POOL)["limits"]["connections"] == POOL
    knows_pool(alpha)
    must_live(fleet, alpha, before)
    during = fresh("during")
    assert book(alpha, during, 15, 90).succeeded().text("duration") == "90"
    assert alpha.client.info(during).succeeded().text("duration") == "90"
    told = fleet.holder(alpha.on_server(during)).parameters(alpha.on_server(during))
    assert told["maxParticipants"] == "15" and "duration" not in told
    refused(book(alpha, fresh("after"), 6), 5)

    set_limits(fleet, "alpha", max_connections="none")
    after = fresh("after")
    eventually(lambda: book(alpha, after, 50, 90).is_success, NOTICE, "serve knows that there is no pool any more")
    told = fleet.holder(alpha.on_server(after)).parameters(alpha.on_server(after))
    assert (told["maxParticipants"], told["duration"]) == ("50", "90")
    must_live(fleet, alpha, during)


def test_what_is_reserved_is_nobody_elses(start_fleet):
    """E1, as far as it needs no hours."""
    fleet = start_fleet(2, **FAST)
    alpha = pooled(fleet)
    first, second, third = fresh("first"), fresh("second"), fresh("third")
    book(alpha, first, 15).succeeded()
    calls = lambda call: sum(server.calls(call) for server in fleet.servers)  # noqa: E731
    creates, ends = calls("create"), calls("end")
    refused(book(alpha, second, 10), 5)
    assert calls("create") == creates, "no server was asked for what is refused"
    book(alpha, second, 5).succeeded()
    refused(book(alpha, third, 1), 0)
    # A front-end creates before each join: that changes nothing.
    before = reservations(alpha)
    assert book(alpha, first, 3, 600).succeeded().key == "duplicateWarning"
    assert reservations(alpha) == before
    for meeting_id in (first, second):
        must_live(fleet, alpha, meeting_id)
    assert calls("end") == ends
    alpha.client.end(first).succeeded()
    eventually(lambda: book(alpha, third, 15).is_success, 10, "who ended needs no connections")
    must_live(fleet, alpha, second)


def test_a_refusal_says_what_could_be_had_and_when(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = pooled(fleet)
    book(alpha, fresh("first"), 15, 60).succeeded()
    answer = refused(book(alpha, fresh("second"), 10), 5)
    told = {child.tag: child.text for child in answer.xml}
    assert list(told) == ["returncode", "messageKey", "message", "availableConnections", "retryAfter"]
    message = re.fullmatch(
        r"10 connections were requested; 5 of 20 are free until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\.", told["message"]
    )
    assert message, told
    wait = (moment(message[1]) - datetime.now(UTC)).total_seconds()
    assert 3_500 < int(told["retryAfter"]) <= 3_600 and abs(wait - int(told["retryAfter"])) < 5
    too_many = book(alpha, fresh("third"), POOL + 1).failed(TOO_MANY)
    assert too_many.text("retryAfter") is None


def test_what_a_create_does_not_say_is_assumed(start_fleet):
    """E5."""
    fleet = start_fleet(1, **FAST)
    alpha = pooled(fleet, default_participants=25, default_duration=60)
    for given in (
        {}, {"maxParticipants": "0", "duration": "0"}, {"maxParticipants": "abc", "duration": "-5"},
        {"maxParticipants": "15.5", "duration": " 30"}, {"maxParticipants": "99999999999", "duration": ""},
    ):  # fmt: skip
        meeting_id = fresh("assumed")
        alpha.client.create(meeting_id, **given).succeeded()
        told = fleet.servers[0].parameters(alpha.on_server(meeting_id))
        assert told["maxParticipants"] == "20" and "duration" not in told, given
        kept = reservation(alpha, meeting_id)
        assert (kept["connections"], kept["minutes"], kept["state"]) == (20, 60, "reserved"), given
        alpha.client.end(meeting_id).succeeded()
        eventually(lambda: not reservations(alpha), 10, "it is over")
    # What is asked for is not lowered.
    alpha.client.create(fresh("assumed"), maxParticipants="21").failed(TOO_MANY)


# ---------------------------------------------------------------------------------------------------- at once


@pytest.mark.parametrize("round_", range(3))
def test_fifty_creates_of_one_connection_at_a_pool_of_ten(start_fleet, round_):
    fleet = start_fleet(3, **FAST)
    alpha = pooled(fleet, 10)
    ids = [fresh("one") for _ in range(50)]
    routes = list(alpha.routes.values())
    answers = at_once(
        [
            lambda number=number: routes[number % 3].create(ids[number], maxParticipants="1", duration="60")
            for number in range(50)
        ]
    )
    made = {ids[number] for number, answer in enumerate(answers) if answer.as_api().is_success}
    assert len(made) == 10
    for answer in answers:
        if not answer.is_success:
            refused(answer, 0)
    assert {meeting_id for _, meeting_id in reservations(alpha)} == made == set(alpha.client.listed())
    assert set(fleet.truth()) == {alpha.on_server(meeting_id) for meeting_id in made}


def test_two_creates_for_the_last_connections(start_fleet):
    """E9."""
    fleet = start_fleet(2, **FAST)
    alpha = pooled(fleet)
    book(alpha, fresh("first"), 15).succeeded()
    ids = [fresh("last"), fresh("last")]
    answers = at_once([lambda meeting_id=meeting_id: book(alpha, meeting_id, 5) for meeting_id in ids])
    assert Counter(answer.as_api().key for answer in answers) == {None: 1, TAKEN: 1}
    winner = next(meeting_id for meeting_id, answer in zip(ids, answers, strict=True) if answer.is_success)
    alpha.client.end(winner).succeeded()
    same = fresh("same")
    eventually(lambda: len(reservations(alpha)) == 1, 10, "the winner is over")
    answers = at_once([lambda: book(alpha, same, 5)] * 2)
    assert Counter(answer.succeeded().key for answer in answers) == {None: 1, "duplicateWarning": 1}
    must_live(fleet, alpha, same)


# ---------------------------------------------------------------------------------------------------- making room


def test_what_was_given_up_makes_room_when_it_is_needed(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = pooled(fleet)
    first, small, second = fresh("first"), fresh("small"), fresh("second")
    book(alpha, first, 15).succeeded()
    refused(book(alpha, second, 10), 5)
    give_up(alpha, first)
    capacity = command(alpha, "capacity")
    assert (capacity["pool"], capacity["protected"], capacity["unreserved"]) == (POOL, 0, 15)
    assert (capacity["free"], capacity["reclaimable"], capacity["nextExpiries"]) == (5, 15, [])
    # It goes on while there is room beside it.
    book(alpha, small, 5).succeeded()
    fleet.polled()
    must_live(fleet, alpha, first)
    book(alpha, second, 10).succeeded()
    must_make_room(fleet, alpha, first)
    for meeting_id in (small, second):
        must_live(fleet, alpha, meeting_id)
    assert set(reservations(alpha)) == {("alpha", small), ("alpha", second)}
    nothing = fleet.balancer.command("account", "reservations", "release", "alpha", fresh("nobody"), code=None)
    assert nothing.code != 0 and nothing.err


def test_the_empty_make_room_first(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = pooled(fleet, 30)
    full, empty = fresh("full"), fresh("empty")
    for meeting_id in (full, empty):
        book(alpha, meeting_id, 10).succeeded()
        give_up(alpha, meeting_id)
    fleet.holder(alpha.on_server(full)).join(alpha.on_server(full), "Ada")
    fleet.polled()
    book(alpha, fresh("new"), 20).succeeded()
    must_make_room(fleet, alpha, empty)
    must_live(fleet, alpha, full)


def test_nobody_is_thrown_out_for_a_meeting_that_no_server_makes(start_fleet):
    """E8 and T3."""
    fleet = start_fleet(2, **FAST)
    alpha = pooled(fleet)
    first, second = fresh("first"), fresh("second")
    book(alpha, first, 15).succeeded()
    give_up(alpha, first)
    for server in fleet.servers:
        server.fault("refuse", call="create")
    assert not book(alpha, second, 10).as_api().is_success
    for server in fleet.servers:
        server.heal()
    fleet.balancer.settled()
    eventually(lambda: reservation(alpha, first)["state"] == "unreserved", 10, "it need not make room any more")
    fleet.polled()
    must_live(fleet, alpha, first)
    eventually(lambda: book(alpha, second, 10).is_success, 10, "servers take meetings again")
    must_make_room(fleet, alpha, first)


def test_accounts_of_a_subscription_share_its_connections(start_fleet):
    """E11."""
    fleet = start_fleet(2, **FAST)
    number, (alpha, beta) = sell(fleet, "nord", POOL, "alpha", "beta")
    _, (gamma,) = sell(fleet, "west", POOL, "gamma")
    lesson, other, stranger = fresh("lesson"), fresh("other"), fresh("stranger")
    book(alpha, lesson, 15).succeeded()
    book(gamma, stranger, POOL).succeeded()
    give_up(gamma, stranger)
    refused(book(beta, other, 10), 5)
    give_up(alpha, lesson)
    book(beta, other, 10).succeeded()
    must_make_room(fleet, alpha, lesson)
    must_live(fleet, beta, other)
    must_live(fleet, gamma, stranger)
    assert set(reservations(alpha)) == set(reservations(beta)) == {("beta", other)}
    assert set(reservations(gamma)) == {("gamma", stranger)}
    # A larger pool holds at once.
    refused(book(alpha, lesson, 15), 10)
    fleet.balancer.command("subscription", "feature", "set", number, "max_connections", "25")
    eventually(lambda: book(alpha, lesson, 15).is_success, NOTICE, "serve knows the larger pool")


# ---------------------------------------------------------------------------------------------------- what is kept


def test_reservations_are_there_after_a_kill(start_fleet):
    fleet = start_fleet(2, **FAST)
    alpha = pooled(fleet)
    first, second, third = fresh("first"), fresh("second"), fresh("third")
    book(alpha, first, 15).succeeded()
    book(alpha, second, 5, 30).succeeded()
    before = reservations(alpha)
    fleet.balancer.process.kill()
    fleet.balancer.serve()
    assert reservations(alpha) == before
    refused(book(alpha, third, 1), 0)
    fleet.polled()
    assert reservations(alpha) == before
    # Who had to make room as it was killed is ended afterwards.
    give_up(alpha, first)
    book(alpha, third, 10).succeeded()
    fleet.balancer.process.kill()
    fleet.balancer.serve()
    eventually(lambda: not fleet.holders(alpha.on_server(first)), MAKES_ROOM, "it is ended")
    eventually(lambda: set(alpha.client.listed()) == {second, third}, MAKES_ROOM, "the others go on")
    refused(book(alpha, first, 6), 5)


def test_reservations_are_listed_and_extended(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = pooled(fleet)
    first, second = fresh("first"), fresh("second")
    book(alpha, first, 15, 60).succeeded()
    book(alpha, second, 2, 30).succeeded()
    kept = {meeting_id: reservation(alpha, meeting_id) for meeting_id in (first, second)}
    for meeting_id, connections, minutes in ((first, 15, 60), (second, 2, 30)):
        one = kept[meeting_id]
        assert (one["connections"], one["minutes"], one["state"]) == (connections, minutes, "reserved")
        assert abs((one["expiresAt"] - one["createdAt"]) / 1_000 - 60 * minutes) < 5
    capacity = command(alpha, "capacity")
    assert (capacity["pool"], capacity["protected"], capacity["unreserved"]) == (POOL, 17, 0)
    assert (capacity["free"], capacity["reclaimable"]) == (3, 0)
    assert capacity["nextExpiries"] == [
        {"at": kept[second]["expiresAt"], "connections": 2}, {"at": kept[first]["expiresAt"], "connections": 15},
    ]  # fmt: skip

    fleet.balancer.command("account", "reservations", "extend", "alpha", second, "--minutes", "600")
    extended = reservation(alpha, second)
    assert extended["expiresAt"] > kept[first]["expiresAt"] and extended["connections"] == 2
    # The other one is the first now to free its connections.
    answer = refused(book(alpha, fresh("third"), 10), 3)
    assert 3_500 < int(answer.text("retryAfter")) <= 3_600
    # What was given up can be had back while there is room.
    give_up(alpha, first)
    fleet.balancer.command("account", "reservations", "extend", "alpha", first, "--minutes", "60")
    assert reservation(alpha, first)["state"] == "reserved"
    refused(book(alpha, fresh("third"), 10), 3)


def test_a_class_that_arrives_at_once_is_let_in(start_fleet):
    """Front-ends create before each join: all of these creates of one lesson go to its server at once."""
    fleet = start_fleet(1, **FAST)
    alpha = pooled(fleet, 100)
    lesson = fresh("lesson")
    book(alpha, lesson, 50).succeeded()
    before = reservation(alpha, lesson)
    fleet.servers[0].fault("slow", seconds=0.15)
    answers = at_once([lambda: book(alpha, lesson, 50)] * 60)
    assert Counter(answer.as_api().is_success for answer in answers) == {True: 60}
    assert reservation(alpha, lesson) == before
