"""The commands, alone and beside a running `serve`: what they print, and that `serve` takes note within two seconds."""

from __future__ import annotations

import json
import re

import pytest
import requests

from harness import SECRET, Client, Fleet, eventually, fresh

# A running `serve` takes note of a change within this.
NOTICE = 2.0


def create_lands_on(fleet: Fleet, name: str) -> bool:
    """Creates a meeting and says whether that server got it."""
    meeting_id = fresh("where")
    answer = fleet.client.create(meeting_id).as_api()
    return answer.is_success and fleet.holder(meeting_id).name == name


def emptier(fleet: Fleet) -> tuple[str, str]:
    """Creates one meeting on two empty servers: the emptier server, where the next one would go, and the other."""
    meeting_id = fresh("first")
    fleet.client.create(meeting_id).succeeded()
    fuller = fleet.holder(meeting_id).name
    return next(server.name for server in fleet.servers if server.name != fuller), fuller


def state_of(fleet: Fleet, name: str) -> str:
    return fleet.balancer.json("server", "show", name)["server"]["state"]


# ---------------------------------------------------------------------------------------------------- output


def test_every_json_parses_and_tables_name_the_same_things(start_fleet):
    fleet = start_fleet(2)
    balancer, meeting_id = fleet.balancer, fresh("json")
    fleet.client.create(meeting_id, name="Großer Saal").succeeded()
    fleet.client.join(meeting_id, "Ada Lovelace")
    secret = balancer.json("account", "show", "default")["secrets"][0]["id"]
    assert isinstance(secret, int)
    commands = {
        ("version",): "plenary",
        ("settings",): "PLENARY_DATABASE_URL",
        ("status",): str(balancer.database),
        ("server", "list"): fleet.servers[0].api,
        ("server", "show", "a"): fleet.servers[0].api,
        ("meeting", "list"): meeting_id,
        ("meeting", "show", meeting_id): "Großer Saal",
        ("account", "list"): "default",
        ("account", "show"): f"{balancer.root}/bigbluebutton/api",
        ("sign", "getMeetings"): f"{balancer.root}/bigbluebutton/api/getMeetings?checksum=",
    }
    for command, expected in commands.items():
        printed = balancer.command(*command)
        assert expected in printed.out and printed.err == "", command
        as_json = balancer.command(*command, "--json")
        assert as_json.err == "" and json.loads(as_json.out), command
        # One line of text must be found in either form.
        assert expected in json.dumps(json.loads(as_json.out), ensure_ascii=False), command


def test_no_command_shows_a_secret_that_was_not_asked_for(start_fleet):
    fleet = start_fleet(1)
    balancer = fleet.balancer
    for command in (("server", "list"), ("server", "show", "a"), ("account", "list"), ("account", "show"), ("status",)):
        for arguments in (command, (*command, "--json")):
            printed = balancer.command(*arguments)
            assert fleet.servers[0].secret not in printed.out and SECRET not in printed.out, arguments
    assert SECRET in balancer.command("account", "show", "--reveal").out


def test_version(new_balancer):
    balancer = new_balancer()
    version = balancer.json("version")["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", version)
    assert balancer.command("version").out.startswith(f"plenary {version}")


@pytest.mark.parametrize(
    "command",
    [
        ("server", "show", "nobody"),
        ("server", "drain", "nobody"),
        ("server", "enable", "nobody"),
        ("server", "disable", "nobody"),
        ("server", "force", "nobody"),
        ("server", "remove", "nobody"),
        ("meeting", "show", "nothing"),
        ("meeting", "end", "nothing"),
        ("meeting", "list", "--server", "nobody"),
        ("account", "show", "nobody"),
        ("account", "secret", "remove", "4711"),
        ("sign", "getMeetings", "--server", "nobody"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_told_with_a_remedy(new_balancer, command):
    printed = new_balancer().command(*command, code=1)
    assert printed.out == ""
    message, *remedy = printed.err.strip().splitlines()
    assert message.startswith("plenary: ") and remedy, printed.err


def test_wrong_usage_has_its_own_exit_code(new_balancer):
    balancer = new_balancer()
    for command in (("nonsense",), ("server", "add"), ("server", "list", "--nonsense"), ("sign", "create", "noequals")):
        assert balancer.command(*command, code=64).err, command


def test_a_wrong_setting_is_told(new_balancer):
    printed = new_balancer(PLENARY_POLL_INTERVAL="soon").command("status", code=78)
    assert "poll" in printed.err.lower() and "plenary settings" in printed.err


# ---------------------------------------------------------------------------------------------------- servers


def test_a_drained_server_gets_no_more_meetings(start_fleet):
    fleet = start_fleet(2)
    drained, other = emptier(fleet)
    printed = fleet.balancer.command("server", "drain", drained)
    assert drained in printed.out and "plenary " in printed.out
    assert state_of(fleet, drained) == "drain"
    # The drained server has fewer meetings all the time: a create that goes elsewhere shows that it is left out.
    eventually(lambda: create_lands_on(fleet, other), NOTICE, "serve knows that the server drains")
    assert all(create_lands_on(fleet, other) for _ in range(5))

    fleet.balancer.command("server", "enable", drained)
    assert state_of(fleet, drained) == "ready"
    eventually(lambda: create_lands_on(fleet, drained), NOTICE, "serve knows that the server is ready")


def test_a_server_in_maintenance_gets_no_more_meetings_and_keeps_its_joins(start_fleet):
    fleet = start_fleet(2)
    disabled, other = emptier(fleet)
    meeting_id = fresh("kept")
    fleet.client.create(meeting_id).succeeded()
    assert fleet.holder(meeting_id).name == disabled
    fleet.client.create(fresh("balance")).succeeded()
    fleet.balancer.command("server", "disable", disabled)
    assert state_of(fleet, disabled) == "maintenance"

    def left_out() -> bool:
        return all(create_lands_on(fleet, other) for _ in range(3))

    eventually(left_out, NOTICE, "serve knows of the maintenance")
    assert fleet.client.join(meeting_id).status == 302
    fleet.client.info(meeting_id).succeeded()
    fleet.balancer.command("server", "enable", disabled)
    eventually(lambda: create_lands_on(fleet, disabled), 10, "it is looked at, and takes meetings again")


def test_a_forced_server_gets_meetings_whatever_its_health(start_fleet):
    fleet = start_fleet(2, PLENARY_POLL_INTERVAL="500ms")
    sick, other = fleet.servers
    sick.fault("500", call="getMeetings")
    eventually(lambda: fleet.balancer.health(sick) in ("suspect", "offline"), 20, "its polls fail")
    assert all(create_lands_on(fleet, other.name) for _ in range(3))
    fleet.balancer.command("server", "force", sick.name)
    assert state_of(fleet, sick.name) == "force"
    eventually(lambda: create_lands_on(fleet, sick.name), NOTICE, "serve knows that the server is forced")


def test_a_server_that_is_added_is_used(start_fleet, start_simulator):
    fleet = start_fleet(1)
    fleet.client.create(fresh("first")).succeeded()
    added = start_simulator("added")
    fleet.servers.append(added)
    fleet.balancer.add(added)
    eventually(lambda: create_lands_on(fleet, "added"), NOTICE, "serve uses the added server")


def test_a_server_with_meetings_is_removed_only_by_force(start_fleet):
    fleet = start_fleet(2)
    meetings = fleet.spread(1)
    server = fleet.servers[0]
    refused = fleet.balancer.command("server", "remove", "a", code=1)
    assert "meetings" in refused.err and "drain" in refused.err and "--force" in refused.err
    fleet.balancer.command("server", "remove", "a", "--force")
    assert [entry["name"] for entry in fleet.balancer.json("server", "list")] == ["b"]
    # The meetings are forgotten, not ended.
    lost = meetings["a"][0]
    eventually(lambda: fleet.client.info(lost).key == "notFound", NOTICE, "serve has forgotten its meetings")
    assert server.has(lost)
    assert all(create_lands_on(fleet, "b") for _ in range(3))

    for meeting_id in fleet.client.listed():
        fleet.client.end(meeting_id).succeeded()
    eventually(lambda: fleet.balancer.known() == {}, 10, "the other server is empty")
    fleet.balancer.command("server", "remove", "b")
    assert fleet.balancer.json("server", "list") == []


def test_servers_are_changed_without_a_running_serve(start_simulator, new_balancer):
    server, balancer = start_simulator("a"), new_balancer()
    balancer.add(server)
    for verb, state in (("drain", "drain"), ("disable", "maintenance"), ("force", "force"), ("enable", "ready")):
        balancer.command("server", verb, "a")
        assert balancer.json("server", "show", "a")["server"]["state"] == state
    assert "health" not in balancer.json("server", "show", "a")["server"]
    balancer.command("server", "remove", "a")
    assert balancer.json("server", "list") == []


# ---------------------------------------------------------------------------------------------------- meetings


def test_meetings_are_listed_shown_and_ended(start_fleet):
    fleet = start_fleet(2)
    meetings = fleet.spread(2)
    assert fleet.balancer.known() == fleet.truth()
    on_a = fleet.balancer.json("meeting", "list", "--server", "a")
    assert {meeting["meetingID"] for meeting in on_a} == set(meetings["a"])

    meeting_id = meetings["a"][0]
    fleet.client.join(meeting_id, "Ada Lovelace", "mp")

    def joined() -> bool:
        shown = fleet.balancer.json("meeting", "show", meeting_id)
        return [join["fullName"] for join in shown["joins"]] == ["Ada Lovelace"]

    eventually(joined, 5, "the join is written down")
    shown = fleet.balancer.json("meeting", "show", meeting_id)["meeting"]
    assert (shown["server"], shown["state"]) == ("a", "running")
    assert shown["internalMeetingID"] == fleet.servers[0].meetings()[meeting_id]["internalMeetingID"]
    by_number = fleet.balancer.json("meeting", "show", str(shown["number"]))["meeting"]
    assert by_number["meetingID"] == meeting_id

    fleet.balancer.command("meeting", "end", meeting_id)
    assert not fleet.servers[0].has(meeting_id)
    eventually(lambda: not fleet.client.is_running(meeting_id), NOTICE, "the meeting is over")
    eventually(lambda: meeting_id not in fleet.balancer.known(), 10, "it is not listed any more")
    assert fleet.client.info(meeting_id).key == "notFound"


def test_a_name_cannot_steer_the_terminal(start_fleet):
    fleet = start_fleet(1)
    fleet.client.create(fresh("esc"), name="\x1b]0;owned\x07 evil \u202e name").succeeded()
    out = fleet.balancer.command("meeting", "list").out
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out and "evil" in out


# ---------------------------------------------------------------------------------------------------- accounts


def test_an_added_secret_is_accepted_and_a_removed_one_refused(start_fleet):
    fleet = start_fleet(1)
    balancer = fleet.balancer
    added = balancer.json("account", "secret", "add", "--label", "second")
    second = Client(fleet.client.api, added["secret"])
    assert len(added["secret"]) >= 32
    eventually(lambda: second.call("getMeetings").is_success, NOTICE, "serve accepts the second secret")
    fleet.client.call("getMeetings").succeeded()
    assert [secret["label"] for secret in balancer.json("account", "show")["secrets"]][-1] == "second"

    meeting_id = fresh("either")
    fleet.client.create(meeting_id).succeeded()
    assert second.create(meeting_id).succeeded().key == "duplicateWarning"

    first = next(secret["id"] for secret in balancer.json("account", "show")["secrets"] if secret["id"] != added["id"])
    balancer.command("account", "secret", "remove", str(first))
    eventually(lambda: fleet.client.call("getMeetings").key == "checksumError", NOTICE, "serve refuses the first secret")
    second.call("getMeetings").succeeded()
    refused = balancer.command("account", "secret", "remove", str(added["id"]), code=1)
    assert "--force" in refused.err
    second.call("getMeetings").succeeded()


def test_a_secret_may_come_from_standard_input_or_a_file(new_balancer, tmp_path):
    balancer = new_balancer().serve()
    balancer.command("account", "secret", "add", "--secret-file", "-", stdin="secret-from-standard-input\n")
    file = tmp_path / "secret"
    file.write_text("secret-from-a-file\n")
    balancer.command("account", "secret", "add", "--secret-file", str(file))
    for secret in ("secret-from-standard-input", "secret-from-a-file"):
        client = Client(balancer.client.api, secret)
        eventually(lambda: client.call("getMeetings").is_success, NOTICE, "serve accepts it")
    again = balancer.command("account", "secret", "add", "--secret-file", str(file), code=1)
    assert "already" in again.err


# ---------------------------------------------------------------------------------------------------- status, sign


def test_status_tells_what_works(start_fleet):
    fleet = start_fleet(2, PLENARY_POLL_INTERVAL="500ms")
    meetings = fleet.spread(1)
    status = fleet.balancer.status()
    assert status["meetings"] == sum(len(ids) for ids in meetings.values()) and status["unsettled"] == 0
    assert len(status["nodes"]) == 1 and len(status["servers"]) == 2
    assert status["apiURL"] == fleet.client.api
    fleet.servers[0].fault("500")

    def told() -> bool:
        health = {server["name"]: server.get("health") for server in fleet.balancer.status()["servers"]}
        return health["a"] in ("suspect", "offline") and health["b"] == "online"

    eventually(told, 15, "status tells which server is sick")
    assert "a is " in fleet.balancer.command("status").out
    assert fleet.balancer.stop() == 0
    assert fleet.balancer.status()["nodes"] == []
    assert "plenary serve" in fleet.balancer.command("status").out


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_signed_urls_work(start_fleet, algorithm):
    fleet = start_fleet(1)
    meeting_id = fresh("signed")
    url = fleet.balancer.command(
        "sign", "create", f"meetingID={meeting_id}", "name=Größe & Maß = 1", "--algorithm", algorithm
    ).out.strip()
    answer = fleet.client.fetch(url).succeeded()
    assert answer.text("meetingID") == meeting_id
    assert fleet.client.info(meeting_id).succeeded().text("meetingName") == "Größe & Maß = 1"

    join = fleet.balancer.json("sign", "join", f"meetingID={meeting_id}", "fullName=Ada", "role=VIEWER")["url"]
    with requests.Session() as browser:
        assert browser.get(join, timeout=20).status_code == 200
    assert fleet.servers[0].meetings()[meeting_id]["participants"] == 1

    direct = fleet.balancer.command("sign", "getMeetings", "--server", "a").out.strip()
    assert direct.startswith(fleet.servers[0].api)
    assert meeting_id in fleet.client.fetch(direct).succeeded().body.decode()
