"""What operators say of an account's chat texts and of calls that it shall not have, and how many connections can be
reserved on a server; a running `serve` goes by it."""

from __future__ import annotations

import pytest

from harness import Fleet, eventually, fresh
from tenants import NOTICE, Tenant, make, set_config_xml, set_limits

FAST = {"PLENARY_POLL_INTERVAL": "500ms", "PLENARY_READS_MAX_AGE": "0s"}
PLATFORM = {
    "PLENARY_CHAT_PLATFORM": "Acme & Co",
    "PLENARY_CHAT_WELCOME": "Hosted by %%PLATFORM%%",
    "PLENARY_CHAT_MODERATOR_ONLY": "You moderate",
}
HOSTED = "Hosted by Acme &amp; Co"
# A server shows a text of its own where there is none.
NOTHING = "\u200b"
SWITCHES = ("deactivateBbbserverDefaultChatTexts", "deactivateDefaultChatTexts")
FIVE = (
    "getDefaultConfigXML", "getRecordingTextTracks", "putRecordingTextTrack", "setConfigXML", "updateRecordings",
)  # fmt: skip
UNSUPPORTED = (
    b"<response><returncode>FAILED</returncode><messageKey>unsupportedRequest</messageKey>"
    b"<message>This request is not supported.</message></response>"
)


def told(fleet: Fleet, tenant: Tenant, **given: str) -> tuple[str | None, str | None]:
    """What the server of a new meeting is told for everybody, and for moderators."""
    meeting_id = fresh("talk")
    tenant.client.create(meeting_id, **given).succeeded()
    on_server = tenant.on_server(meeting_id)
    parameters = fleet.holder(on_server).parameters(on_server)
    assert not set(SWITCHES) & set(parameters), parameters
    return parameters.get("welcome"), parameters.get("moderatorOnlyMessage")


def tells(fleet: Fleet, tenant: Tenant, expected: tuple[str | None, str | None], what: str, **given: str) -> None:
    eventually(lambda: told(fleet, tenant, **given) == expected, NOTICE, what)


# ---------------------------------------------------------------------------------------------------- texts


def test_texts_of_an_account_stand_before_those_of_its_callers(start_fleet):
    fleet = start_fleet(1, **FAST, **PLATFORM)
    alpha, beta = (make(fleet.balancer, slug) for slug in ("alpha", "beta"))
    texts = lambda *arguments: fleet.balancer.json("account", "texts", "alpha", *arguments)  # noqa: E731
    assert texts() == {"account": "alpha"}
    assert told(fleet, alpha, welcome="Hi") == (f"{HOSTED}<br><br>Hi", "You moderate")

    both = {"account": "alpha", "welcome": "At %%PLATFORM%%", "moderatorOnly": "<b>You</b>"}
    assert texts("--welcome", both["welcome"], "--moderator-only", both["moderatorOnly"]) == both
    assert texts() == both
    tells(fleet, alpha, ("At Acme &amp; Co<br><br>Hi", "<b>You</b>"), "serve knows its texts", welcome="Hi")
    assert told(fleet, beta) == (HOSTED, "You moderate")
    for switch in SWITCHES:
        assert told(fleet, alpha, welcome="Hi", **{switch: "true"}) == ("Hi", None), switch
        assert told(fleet, alpha, **{switch: "true"}) == (NOTHING, None), switch

    # What is not named stays as it is; an empty text is none.
    assert texts("--welcome", "") == both | {"welcome": ""}
    tells(fleet, alpha, (None, "<b>You</b>"), "serve knows that it says nothing")
    assert texts("--moderator-only", "platform") == {"account": "alpha", "welcome": ""}
    tells(fleet, alpha, (None, "You moderate"), "serve knows that moderators have the platform's text")
    assert texts("--welcome", "platform") == {"account": "alpha"}
    tells(fleet, alpha, (HOSTED, "You moderate"), "serve knows that it has the platform's texts")


def test_texts_are_shown_in_words(new_balancer):
    balancer = new_balancer()
    balancer.command("account", "create", "alpha")
    shown = balancer.command("account", "texts", "alpha").out
    assert shown.splitlines() == ["welcome: as the settings say", "for moderators: as the settings say"]
    shown = balancer.command("account", "texts", "alpha", "--welcome", "Hello", "--moderator-only", "").out
    assert shown.splitlines() == ["welcome: Hello", "for moderators: nothing"]


@pytest.mark.parametrize("option", ["--welcome", "--moderator-only"])
def test_a_text_that_is_too_long_is_refused(new_balancer, option):
    balancer = new_balancer()
    balancer.command("account", "create", "alpha")
    balancer.command("account", "texts", "alpha", option, "x" * 8_192)
    before = balancer.json("account", "texts", "alpha")
    # By octets, not by letters.
    for text in ("x" * 8_193, "\u00e4" * 4_097):
        refused = balancer.command("account", "texts", "alpha", option, text, code=64)
        assert refused.out == "" and "too long" in refused.err and "8,192" in refused.err
    assert balancer.json("account", "texts", "alpha") == before
    balancer.command("account", "texts", "nobody", code=1)


# ---------------------------------------------------------------------------------------------------- calls


def unsupported(fleet: Fleet, slug: str, calls: str) -> list[str]:
    """Switches calls off: what the account does not have from then on."""
    return fleet.balancer.json("account", "allow", slug, "--unsupported-calls", calls)["unsupportedCalls"]


def answers(tenant: Tenant) -> dict[str, bytes]:
    """What each of the five calls answers that is about nothing."""
    client = tenant.client
    track = {"recordID": "none-1", "kind": "subtitles", "lang": "en", "label": "English"}
    return {
        "updateRecordings": client.call("updateRecordings", recordID="none-1", meta_a="b").body,
        "getRecordingTextTracks": client.call("getRecordingTextTracks", recordID="none-1").body,
        "putRecordingTextTrack": client.post(
            "putRecordingTextTrack", track, files={"file": ("a.vtt", b"WEBVTT\n", "text/vtt")}
        ).body,
        "setConfigXML": set_config_xml(client, "nobody").body,
    }


def test_calls_that_are_switched_off_are_there_for_nobody_of_the_account(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha, beta = (make(fleet.balancer, slug) for slug in ("alpha", "beta"))
    show = lambda slug: fleet.balancer.json("account", "show", slug)["unsupportedCalls"]  # noqa: E731
    assert show("alpha") == show("default") == []
    before = answers(alpha)
    assert UNSUPPORTED not in before.values()

    # Names in any case, in any order.
    assert unsupported(fleet, "alpha", "setconfigxml,updateRecordings") == ["setConfigXML", "updateRecordings"]
    off = {"setConfigXML", "updateRecordings"}
    expected = {call: UNSUPPORTED if call in off else said for call, said in before.items()}
    eventually(lambda: answers(alpha) == expected, NOTICE, "serve knows that two calls are off")
    assert answers(beta) == before
    meeting_id = fresh("goes-on")
    alpha.client.create(meeting_id).succeeded()
    assert alpha.client.info(meeting_id).succeeded()

    # A name that is wrong changes nothing.
    for wrong in ("create", "updateRecordings,anything", "all", "setConfigXML;updateRecordings"):
        refused = fleet.balancer.command("account", "allow", "alpha", "--unsupported-calls", wrong, code=64)
        assert refused.out == "" and "is no call that can be switched off" in refused.err, refused
        assert all(call in refused.err for call in FIVE), refused.err
    assert show("alpha") == ["setConfigXML", "updateRecordings"]
    # Nor does what is said of something else.
    fleet.balancer.command("account", "allow", "alpha", "--record")
    assert show("alpha") == ["setConfigXML", "updateRecordings"]

    assert unsupported(fleet, "alpha", ",".join(FIVE)) == sorted(FIVE)
    eventually(lambda: set(answers(alpha).values()) == {UNSUPPORTED}, NOTICE, "serve knows that all five are off")
    assert alpha.client.call("getDefaultConfigXML").body == UNSUPPORTED
    assert unsupported(fleet, "alpha", "none") == []
    eventually(lambda: answers(alpha) == before, NOTICE, "serve knows that it has all calls again")


# ---------------------------------------------------------------------------------------------------- servers


def pooled(fleet: Fleet, connections: int) -> Tenant:
    """An account that can reserve so many connections, and a `serve` that knows it."""
    alpha = make(fleet.balancer, "alpha")
    set_limits(fleet, "alpha", max_connections=connections)

    def is_known() -> bool:
        probe = fresh("probe")
        answer = alpha.client.create(probe, maxParticipants=connections + 1)
        if answer.is_success:
            alpha.client.end(probe).succeeded()
        return answer.key == "connectionLimitExceeded"

    eventually(is_known, NOTICE, "serve knows the connections of the account")
    eventually(lambda: not alpha.client.listed(), 10, "what was tried is over")
    return alpha


def test_connections_of_a_server_hold_on_a_running_serve(start_fleet):
    fleet = start_fleet(2, **FAST)
    balancer = fleet.balancer
    alpha = pooled(fleet, 100)
    shown = lambda: balancer.json("server", "show", "a")["server"].get("connections")  # noqa: E731
    assert shown() is None
    assert balancer.json("server", "connections", "a", "10")["connections"] == 10
    assert shown() == 10
    assert "10 connections can be reserved on b." in balancer.command("server", "connections", "b", "10").out

    def no_room(connections: int) -> bool:
        answer = alpha.client.create(fresh("large"), maxParticipants=connections).as_api()
        return answer.key == "internalError" and "No server is available" in answer.text("message")

    # Who got it before `serve` took notice is ended again.
    def is_known() -> bool:
        if no_room(11):
            return True
        for meeting_id in alpha.client.listed():
            alpha.client.end(meeting_id)
        return False

    eventually(is_known, NOTICE, "serve knows the connections of its servers")
    eventually(lambda: not alpha.client.listed(), 10, "what was tried is over")
    full = [fresh("full") for _ in range(2)]
    for meeting_id in full:
        alpha.client.create(meeting_id, maxParticipants=10).succeeded()
    holders = {fleet.holder(alpha.on_server(meeting_id)).name for meeting_id in full}
    assert holders == {"a", "b"} and no_room(1)
    assert all(meeting_id in alpha.client.listed() for meeting_id in full)
    # Who reserves nothing is not held back.
    fleet.client.create(fresh("free"), maxParticipants=50).succeeded()

    refused = balancer.command("server", "connections", "a", "0", code=64)
    assert refused.out == ""
    balancer.command("server", "connections", "nobody", "5", code=1)
    assert shown() == 10
    assert "connections" not in balancer.json("server", "connections", "a", "none")
    assert shown() is None
    large = fresh("large")
    answer = lambda: alpha.client.create(large, maxParticipants=80)  # noqa: E731
    eventually(lambda: answer().is_success, NOTICE, "serve knows that any number can be reserved")
    assert fleet.holder(alpha.on_server(large)).name == "a"


def test_a_server_is_added_with_its_connections(start_simulator, new_balancer):
    server, balancer = start_simulator("a"), new_balancer()
    add = ("server", "add", server.api, "--secret", server.secret, "--name", "a")
    for wrong in ("0", "-1", "many"):
        refused = balancer.command(*add, f"--connections={wrong}", code=64)
        assert refused.out == "", wrong
    assert not balancer.database.exists()
    assert balancer.json(*add, "--connections", "12")["connections"] == 12
    assert [one["connections"] for one in balancer.json("server", "list")] == [12]
    assert "12 connections can be reserved on it" in balancer.command("server", "show", "a").out

    fleet = Fleet(balancer.serve(), [server])
    alpha = pooled(fleet, 20)
    alpha.client.create(fresh("large"), maxParticipants=13).failed("internalError")
    alpha.client.create(fresh("right"), maxParticipants=12).succeeded()
