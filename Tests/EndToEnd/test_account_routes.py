"""Who is calling: by a path, by a host, or by whose secret signed. A wrong address is as a wrong secret."""

from __future__ import annotations

from harness import Client, Simulator, fresh
from house import CHANGING, SETTINGS, SLIDES, TRACK, XML, Asked
from tenants import by_host, by_path, comparable, make, on_common, set_config_xml, the_default


def test_an_account_is_found_in_three_ways(start_fleet):
    fleet = start_fleet(1, **SETTINGS)
    alpha, beta = (make(fleet.balancer, slug) for slug in ("alpha", "beta-2.x"))
    meeting_id = fresh("found")
    for tenant in (alpha, beta):
        made = tenant.client.create(meeting_id).succeeded().text("internalMeetingID")
        for route, client in tenant.routes.items():
            assert client.info(meeting_id).succeeded().text("internalMeetingID") == made, route
            assert client.create(meeting_id).succeeded().key == "duplicateWarning", route
            posted = client.fetch(
                f"{client.api}/getMeetingInfo",
                method="POST",
                data=client.url("getMeetingInfo", meetingID=meeting_id).partition("?")[2],
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert posted.succeeded().text("internalMeetingID") == made, route
    # Names of hosts have no case; two ways at once must not contradict.
    by_host(fleet.balancer, "ALPHA", alpha.secret).info(meeting_id).succeeded()
    both = by_host(fleet.balancer, "alpha", alpha.secret)
    both.api = alpha.client.api
    both.info(meeting_id).succeeded()


def test_a_secret_at_a_wrong_address_is_a_wrong_secret(start_fleet):
    """Neither the account at the address nor the one of the secret can be told from none at all."""
    fleet = start_fleet(1, **SETTINGS)
    balancer = fleet.balancer
    alpha, beta = (make(balancer, slug) for slug in ("alpha", "beta"))
    default = the_default(balancer)
    balancer.command("account", "create", "off")
    balancer.command("account", "disable", "off")
    crossed = by_host(balancer, "alpha", alpha.secret)
    crossed.api = beta.client.api
    wrong: dict[str, Client] = {
        "wrong secret at the path": by_path(balancer, "alpha", "guessed"),
        "wrong secret at the host": by_host(balancer, "alpha", "guessed"),
        "wrong secret": on_common(balancer, "guessed"),
        "wrong secret of a disabled account": by_path(balancer, "off", "guessed"),
        "unknown path": by_path(balancer, "nobody", alpha.secret),
        "unknown path, secret of the default account": by_path(balancer, "nobody", default.secret),
        "no name": by_path(balancer, "-", alpha.secret),
        "unknown host": by_host(balancer, "nobody", alpha.secret),
        "unknown host, secret of the default account": by_host(balancer, "nobody", default.secret),
        "host of two labels": by_host(balancer, "x.alpha", alpha.secret),
        "another's path": by_path(balancer, "beta", alpha.secret),
        "another's host": by_host(balancer, "beta", alpha.secret),
        "the default account's path": by_path(balancer, "default", alpha.secret),
        "the default account's host": by_host(balancer, "default", alpha.secret),
        "default at another's path": by_path(balancer, "alpha", default.secret),
        "default at another's host": by_host(balancer, "alpha", default.secret),
        "own host and another's path": crossed,
    }
    file = {"file": ("a.vtt", TRACK, "text/vtt")}
    asked: dict[str, Asked] = {
        "getMeetings": lambda client: client.call("getMeetings"),
        "create": lambda client: client.create("room"),
        "join": lambda client: client.join("room"),
        "join to an address for errors": lambda client: client.join("room", errorRedirectUrl="https://lms.example/e"),
        "end": lambda client: client.end("room"),
        "hooks/list": lambda client: client.call("hooks/list"),
        "getServers": lambda client: client.call("getServers"),
        "getRecordingTextTracks": lambda client: client.call("getRecordingTextTracks", recordID="x"),
        "putRecordingTextTrack": lambda client: client.post(
            "putRecordingTextTrack", {"recordID": "x", "kind": "captions", "lang": "de"}, files=file
        ),
        "setConfigXML": lambda client: set_config_xml(client, "room"),
        "insertDocument": lambda client: client.post("insertDocument", {"meetingID": "r"}, data=SLIDES, headers=XML),
        "anythingElse": lambda client: client.call("anythingElse"),
        "stuns": lambda client: client.call("stuns"),
    }
    reference = wrong["wrong secret"]
    for call, ask in asked.items():
        expected = comparable(ask(reference), "")
        for why, client in wrong.items():
            assert comparable(ask(client), "") == expected, (call, why)
        if call not in ("putRecordingTextTrack", "setConfigXML", "stuns"):
            ask(reference).failed("checksumError")
    # What nobody signs says the same everywhere.
    for call in ("", "hooks/ping"):
        said = {comparable(client.call(call), "")[2] for client in wrong.values()}
        assert len(said) == 1, (call, said)
    assert fleet.truth() == {} and house_calls(fleet.servers[0]) == 0


def house_calls(server: Simulator) -> int:
    calls = server.state()["calls"]
    return sum(calls.get(call, 0) for call in CHANGING)
