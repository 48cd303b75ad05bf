"""What accounts may do: calling at all, recording, hashes, servers, and the balancer's own calls."""

from __future__ import annotations

import hashlib
import json

import pytest

from harness import Answer, Client, eventually, fresh
from house import SETTINGS, SLIDES, XML, about_meeting, about_nothing, about_recording
from tenants import DISABLED, MAY_NOT_RECORD, NOTICE, Tenant, comparable, errors_in, make, refusal


def is_denied(answer: Answer, message: str = DISABLED) -> bool:
    """Whether it is refused, with these very words."""
    if answer.status == 302 and "errors=" in answer.location:
        return errors_in(answer) == [{"message": message, "key": "permissionDenied"}]
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        said = json.loads(answer.body)["response"]
        return (said["returncode"], said["messageKey"], said["message"]) == ("FAILED", "permissionDenied", message)
    return answer.status == 200 and answer.body == refusal(message)


def test_a_disabled_account_is_refused_and_its_meetings_go_on(house):
    alpha, beta = house.tenants[1:]
    balancer, server = house.fleet.balancer, house.server
    mine = [alpha.on_server(meeting_id) for meeting_id in house.running(alpha)]
    before = house.seen()
    balancer.command("account", "disable", "alpha")
    eventually(lambda: is_denied(alpha.client.call("getMeetings")), NOTICE, "serve knows that it is disabled")
    asked = about_nothing(alpha) | about_meeting(house.shared) | about_recording(alpha.recordings[house.shared])
    asked |= {
        "create": lambda client: client.create(fresh("refused")),
        "create of what runs": lambda client: client.create(house.shared, **house.given(alpha)),
        "create with wrong parameters": lambda client: client.call("create", meetingID="a,b"),
        "hooks/create": lambda client: client.call("hooks/create", callbackURL=alpha.receiver.url("/refused")),
        "hooks/destroy": lambda client: client.call("hooks/destroy", hookID=alpha.hooks[0]),
    }
    # Nobody signs these.
    unsigned = ("", "hooks/ping", "unsigned")
    for route, client in alpha.routes.items():
        for call, ask in asked.items():
            if call not in unsigned:
                answer = ask(client)
                assert is_denied(answer), (route, call, answer)
        Client(client.api, "guessed").call("getMeetings").failed("checksumError")
    for tenant in (house.tenants[0], beta):
        assert tenant.client.info(house.shared).succeeded()

    # What runs goes on: people come and go, and it ends by itself only.
    server.join(mine[0], "Late")
    house.fleet.polled()
    house.fleet.polled()
    assert set(mine) <= set(server.meetings()) and set(house.running(alpha)) <= set(balancer.known())
    people = before["meetings"][indexed(before, mine[0])]["participants"]
    assert server.meetings()[mine[0]]["participants"] == people + 1
    server.end_meeting(mine[1])
    alpha.receiver.wait_for("/ended", 3)
    eventually(lambda: alpha.own not in balancer.known(), 10, "the one that ended is known to be over")
    assert server.has(mine[0])

    balancer.command("account", "enable", "alpha")
    eventually(lambda: alpha.client.call("getMeetings").is_success, NOTICE, "serve knows that it is enabled")
    assert alpha.client.listed() == {house.shared: alpha.internal[house.shared]}
    for client in alpha.routes.values():
        assert client.join(house.shared, "Ada").location.startswith(server.api)
    hooks = alpha.client.call("hooks/list").succeeded().xml.findall("hooks/hook")
    assert [hook.findtext("hookID") for hook in hooks] == alpha.hooks
    states = server.recordings()
    assert {states[record_id] for record_id in alpha.recordings.values()} == {"published"}


def indexed(seen: dict, meeting_id: str) -> int:
    return next(number for number, one in enumerate(seen["meetings"]) if one["meetingID"] == meeting_id)


def test_who_may_not_record_does_not(start_fleet):
    fleet = start_fleet(1, **SETTINGS)
    alpha, beta = (make(fleet.balancer, slug) for slug in ("alpha", "beta"))
    fleet.balancer.command("account", "allow", "alpha", "--no-record")
    denied = lambda value: alpha.client.create(fresh("film"), record=value)  # noqa: E731
    eventually(lambda: denied("true").body == refusal(MAY_NOT_RECORD), NOTICE, "serve knows that it may not record")
    created = fleet.servers[0].calls("create")
    for value in ("true", "TRUE", "True"):
        assert denied(value).body == refusal(MAY_NOT_RECORD), value
    as_form = fresh("form")
    query = alpha.client.url("create", name="Form", meetingID=as_form, record="true").partition("?")[2]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = alpha.client.fetch(f"{alpha.client.api}/create", method="POST", data=query, headers=form)
    assert answer.body == refusal(MAY_NOT_RECORD)
    with_slides = alpha.client.post(
        "create", {"name": "Slides", "meetingID": fresh("slides"), "record": "true"}, data=SLIDES, headers=XML
    )
    assert with_slides.body == refusal(MAY_NOT_RECORD)
    assert fleet.servers[0].calls("create") == created, "no server was asked for what is refused"
    for more in ({}, {"record": "false"}):
        meeting_id = fresh("plain")
        alpha.client.create(meeting_id, **more).succeeded()
        assert alpha.client.info(meeting_id).succeeded().text("recording") == "false"
        assert alpha.client.create(meeting_id, **(more | {"record": "true"})).body == refusal(MAY_NOT_RECORD)
    beta.client.create(fresh("film"), record="true").succeeded()
    fleet.client.create(fresh("film"), record="true").succeeded()
    fleet.balancer.command("account", "allow", "alpha", "--record")
    eventually(lambda: denied("true").is_success, NOTICE, "serve knows that it may record")


@pytest.mark.parametrize("allowed", ["sha256", "sha512", "sha1", "sha256,sha384"])
def test_only_allowed_hashes_sign(start_fleet, allowed):
    fleet = start_fleet(1, **SETTINGS)
    alpha, beta = (make(fleet.balancer, slug) for slug in ("alpha", "beta"))

    def signed(client: Client, algorithm: str, secret: str | None = None) -> Answer:
        digest = hashlib.new(algorithm, f"getMeetings{secret or client.secret}".encode()).hexdigest()
        return client.fetch(f"{client.api}/getMeetings?checksum={digest}")

    every = ("sha1", "sha256", "sha384", "sha512")
    assert all(signed(alpha.client, algorithm).is_success for algorithm in every)
    fleet.balancer.command("account", "allow", "alpha", "--hashes", allowed)
    refused = [algorithm for algorithm in every if algorithm not in allowed.split(",")]
    eventually(lambda: signed(alpha.client, refused[0]).key == "checksumError", NOTICE, "serve knows the hashes")
    for route, client in alpha.routes.items():
        for algorithm in every:
            answer = signed(client, algorithm)
            if algorithm in refused:
                # As a wrong secret with that hash.
                wrong = signed(client, algorithm, "guessed")
                assert comparable(answer, "") == comparable(wrong, ""), (route, algorithm)
                answer.failed("checksumError")
            else:
                answer.succeeded()
    assert all(signed(beta.client, algorithm).is_success for algorithm in every)
    fleet.balancer.command("account", "allow", "alpha", "--hashes", "all")
    eventually(lambda: signed(alpha.client, refused[0]).is_success, NOTICE, "serve knows that all are allowed")


def test_an_account_is_on_its_own_servers_only(start_fleet):
    fleet = start_fleet(3, **SETTINGS)
    balancer = fleet.balancer
    balancer.command("server", "tag", "a", "gpu")
    balancer.command("server", "tag", "b", "gpu", "berlin")
    alpha, beta = (make(balancer, slug, None, "--balancer-calls") for slug in ("alpha", "beta"))

    def lands(tenant: Tenant, **more: str) -> set[str]:
        found = set()
        for _ in range(6):
            meeting_id = fresh("tagged")
            tenant.client.create(meeting_id, **more).succeeded()
            found.add(fleet.holder(tenant.on_server(meeting_id)).name)
            tenant.client.end(meeting_id).succeeded()
        return found

    for tags, servers in (("berlin", {"b"}), ("gpu", {"a", "b"}), ("none", {"c"}), ("none,berlin", {"b", "c"})):
        balancer.command("account", "allow", "alpha", "--server-tags", tags)
        eventually(lambda: lands(alpha) <= servers, NOTICE + 2, f"serve knows the tags {tags}")  # noqa: B023
        assert all(lands(alpha) <= servers for _ in range(2)), tags
    balancer.command("account", "allow", "alpha", "--server-tags", "berlin")
    eventually(lambda: lands(alpha) == {"b"}, NOTICE + 2, "serve knows the tags")
    # What the caller wants does not open another one.
    for wish in ({"preferredServer": "a"}, {"preferredServer": "c"}, {"serverTag": "gpu"}, {"serverTag": "none"}):
        assert lands(alpha, **wish) == {"b"}, wish
    alpha.client.create(fresh("none"), serverTag="none!").failed("serverTagUnavailable")
    assert lands(beta, preferredServer="c") == {"c"}
    meeting_id = fresh("moved")
    alpha.client.create(meeting_id).succeeded()
    for given in ({"serverID": "a"}, {"serverID": "c"}, {}):
        assert not alpha.client.call("move", meetingID=meeting_id, **given).as_api().is_success, given
        assert fleet.holder(alpha.on_server(meeting_id)).name == "b", given
    # There is none for it.
    balancer.command("server", "drain", "b")
    refused = lambda: not alpha.client.create(fresh("nowhere")).is_success  # noqa: E731
    eventually(refused, NOTICE, "its only server takes no meetings")
    assert alpha.client.create(fresh("nowhere")).as_api().key != "permissionDenied", "a server is what is missing"
    balancer.command("account", "allow", "alpha", "--server-tags", "all")
    eventually(lambda: lands(alpha, preferredServer="c") == {"c"}, NOTICE + 2, "serve knows that all are allowed")


def test_the_balancers_own_calls_are_for_who_may(start_fleet):
    fleet = start_fleet(2, **SETTINGS)
    alpha = make(fleet.balancer, "alpha")
    meeting_id = fresh("own")
    alpha.client.create(meeting_id).succeeded()
    holder = fleet.holder(alpha.on_server(meeting_id)).name
    asked: dict[str, dict[str, str]] = {
        "getServers": {}, "getStatistics": {}, "move": {"meetingID": meeting_id},
    }  # fmt: skip
    denied = lambda call, client: client.call(call, **asked[call]).body == refusal(DISABLED)  # noqa: E731
    for route, client in alpha.routes.items():
        for call in asked:
            assert denied(call, client), (route, call)
        # Also before anybody looks at what is wrong with it.
        assert client.call("move").body == client.call("move", meetingID="a,b").body == refusal(DISABLED), route
        assert client.call("getMeetingEvents", users="0").is_success, route
    assert fleet.holder(alpha.on_server(meeting_id)).name == holder
    assert fleet.client.call("getServers").is_success and fleet.client.call("getStatistics").is_success
    fleet.balancer.command("account", "allow", "alpha", "--balancer-calls")
    eventually(lambda: alpha.client.call("getServers").is_success, NOTICE, "serve knows that it may")
    for call in asked:
        assert alpha.client.call(call, **asked[call]).as_api().is_success, call
    assert fleet.holder(alpha.on_server(meeting_id)).name != holder
    fleet.balancer.command("account", "allow", "alpha", "--no-balancer-calls")
    eventually(lambda: denied("getServers", alpha.client), NOTICE, "serve knows that it may not")
    assert all(denied(call, alpha.client) for call in asked)
    # The operator may take it from his own account, too.
    fleet.balancer.command("account", "allow", "default", "--no-balancer-calls")
    eventually(lambda: denied("getServers", fleet.client), NOTICE, "serve knows that the default account may not")
