"""The balancer's own calls, and what a create may ask of the balancer itself (founding documents 001 and 004)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from harness import Answer, Client, Fleet, Simulator, eventually, fresh
from make_mmdb import city, write_mmdb

FAST = {"PLENARY_POLL_INTERVAL": "500ms", "PLENARY_POLL_DEADLINE": "500ms", "PLENARY_HEALTH_SILENCE": "2s"}
# As the founding document has them; a disabled server has no apiUrl.
ENABLED = ["name", "address", "url", "apiUrl", "status", "disableState", "geoloc", "isDisabled"]
DISABLED = [name for name in ENABLED if name != "apiUrl"]
GEOLOC = [
    "address", "ip", "countryCode", "countryCode3", "countryName", "city", "latitude", "longitude", "continentCode",
]  # fmt: skip
NOTICE = 2.0


def tags(element: ElementTree.Element) -> list[str]:
    return [child.tag for child in element]


def plain(element: ElementTree.Element) -> dict[str, str]:
    return {child.tag: child.text or "" for child in element}


def create_on(fleet: Fleet, server: str, meeting_id: str | None = None, **parameters: str) -> str:
    meeting_id = meeting_id or fresh("on")
    fleet.client.create(meeting_id, preferredServer=server, **parameters).succeeded()
    assert fleet.holder(meeting_id).name == server
    return meeting_id


# ---------------------------------------------------------------------------------------------------- getServers


def test_servers_are_told_as_in_the_founding_document(start_fleet, tmp_path):
    file = tmp_path / "city.mmdb"
    write_mmdb(file, {"127.0.0.0/8": city("BR", "Brazil", "São Paulo & <x>", -23.5505, -46.6333, "SA")})
    fleet = start_fleet(3, PLENARY_GEO_DATABASE=str(file), **FAST)

    def servers() -> dict[str, ElementTree.Element]:
        answer = fleet.client.call("getServers").succeeded()
        assert tags(answer.xml) == ["returncode", "servers"]
        found = answer.xml.findall("servers/server")
        assert [server.findtext("name") for server in found] == ["a", "b", "c"]
        for server in found:
            assert tags(server) == (DISABLED if server.findtext("isDisabled") == "true" else ENABLED)
            assert tags(server.find("geoloc")) == GEOLOC
        return {server.findtext("name"): server for server in found}

    for simulator in fleet.servers:
        told = servers()[simulator.name]
        root = f"http://127.0.0.1:{simulator.port}"
        assert plain(told) | {"geoloc": ""} == {
            "name": simulator.name, "address": "127.0.0.1", "url": root, "apiUrl": simulator.api, "status": "2",
            "disableState": "3", "geoloc": "", "isDisabled": "false",
        }  # fmt: skip
        assert plain(told.find("geoloc")) == {
            "address": "127.0.0.1", "ip": "127.0.0.1", "countryCode": "BR", "countryCode3": "BRA",
            "countryName": "Brazil", "city": "São Paulo & <x>", "latitude": "-23.5505", "longitude": "-46.6333",
            "continentCode": "SA",
        }  # fmt: skip

    def becomes(name: str, status: str, disable_state: str, is_disabled: str, within: float) -> None:
        def is_so() -> bool:
            told = servers()[name]
            seen = tuple(told.findtext(tag) for tag in ("status", "disableState", "isDisabled"))
            assert seen == (status, disable_state, is_disabled), seen
            return True

        eventually(is_so, within, f"{name} is told so")

    fleet.balancer.command("server", "drain", "b")
    becomes("b", "2", "1", "true", NOTICE)
    # In maintenance nobody looks whether it is well.
    fleet.balancer.command("server", "disable", "b")
    becomes("b", "0", "1", "true", NOTICE)
    fleet.balancer.command("server", "force", "b")
    becomes("b", "2", "0", "false", NOTICE)
    # Nobody listens; failing first, then given up.
    fleet.named("c").kill()
    becomes("c", "1", "3", "true", 5)
    becomes("c", "4", "3", "true", 20)
    # Answers, but wrongly.
    fleet.named("a").fault("500")
    becomes("a", "3", "3", "true", 20)
    becomes("b", "2", "0", "false", NOTICE)
    # Who has no right to it is told nothing.
    Client(fleet.client.api, "guessed").call("getServers").failed("checksumError")


def test_without_a_database_places_are_empty(start_fleet):
    fleet = start_fleet(1)
    (server,) = fleet.client.call("getServers").succeeded().xml.findall("servers/server")
    assert tags(server) == ENABLED and tags(server.find("geoloc")) == GEOLOC
    assert set(plain(server.find("geoloc")).values()) <= {"", "127.0.0.1"}


def test_a_geolocation_file_that_is_none_is_told_at_the_start(new_balancer, tmp_path):
    for file in (tmp_path / "missing.mmdb", tmp_path / "empty.mmdb"):
        if "empty" in file.name:
            file.touch()
        printed = new_balancer(PLENARY_GEO_DATABASE=str(file)).command("serve", code=78)
        assert str(file) in printed.err and len(printed.err.strip().splitlines()) == 2


# ---------------------------------------------------------------------------------------------------- getStatistics


def test_statistics_name_each_server_and_its_meetings(start_fleet):
    fleet = start_fleet(3, **FAST)
    empty = fleet.client.call("getStatistics").succeeded()
    assert tags(empty.xml) == ["returncode", "servers"]
    for server in empty.xml.findall("servers/server"):
        assert tags(server) == ["serverID", "meetings"] and len(server.find("meetings")) == 0
    made = {name: [create_on(fleet, name) for _ in range(count)] for name, count in (("a", 2), ("b", 1))}
    first = made["a"][0]
    for name in ("Ada", "Grace", "Edsger"):
        fleet.named("a").join(first, name)
    told = fleet.client.call("getStatistics").succeeded().xml.findall("servers/server")
    ids = {str(server["id"]): server["name"] for server in fleet.balancer.json("server", "list")}
    assert [ids[server.findtext("serverID")] for server in told] == ["a", "b", "c"]
    for server in told:
        meetings = server.findall("meetings/meeting")
        name = ids[server.findtext("serverID")]
        assert [meeting.findtext("meetingID") for meeting in meetings] == made.get(name, [])
        for meeting in meetings:
            counts = plain(meeting)
            assert list(counts) == [
                "meetingID", "participantCount", "listenerCount", "voiceParticipantCount", "videoCount",
            ]  # fmt: skip
            assert counts["participantCount"] == ("3" if counts["meetingID"] == first else "0")
            assert counts["videoCount"] == "0"
    # What somebody made beside us is not told.
    fleet.named("b").client.create(fresh("foreign")).succeeded()
    assert len(fleet.client.call("getStatistics").xml.findall("servers/server/meetings/meeting")) == 3


# ---------------------------------------------------------------------------------------------------- getMeetingEvents


def events(answer: Answer) -> list[dict]:
    found = []
    for event in answer.succeeded().xml.findall("events/event"):
        names = [name for name in tags(event) if name != "endedAt"]
        assert names == ["meetingID", "name", "createdAt", "server", "users", "query"]
        assert tags(event.find("server")) == ["name", "url"]
        users = [plain(user) for user in event.findall("users/user")]
        assert all(list(user) == ["name", "role", "createdAt"] for user in users)
        parts = {"server": plain(event.find("server")), "query": plain(event.find("query")), "users": users}
        found.append(plain(event) | parts)
    return found


def test_past_meetings_are_told_the_newest_first(start_fleet):
    fleet = start_fleet(2, **FAST)
    nothing = fleet.client.call("getMeetingEvents").succeeded()
    assert tags(nothing.xml) == ["returncode", "events"] and len(nothing.xml.find("events")) == 0

    given = {
        "name": "Größe & <b>", "meta_room_id": "1 & 2", "welcome": "<br>Hi <b>%%CONFNAME%%</b>!", "record": "false",
        "attendeePW": "ap", "moderatorPW": "mp", "load": "2",
    }  # fmt: skip
    made = [fresh(f"held-{number}") for number in range(4)]
    for meeting_id in made:
        fleet.client.create(meeting_id, **given).succeeded()
    # Nobody came to the first one; one person twice to the second; two to the third, one to the fourth.
    for meeting_id, name, password in (
        (made[1], "Ada", "mp"), (made[1], "Ada", "mp"), (made[2], "Ada ü & Co", "mp"), (made[2], "Grace", "ap"),
        (made[3], "Edsger", "ap"),
    ):  # fmt: skip
        assert fleet.client.join(meeting_id, name, password).status == 302
    for meeting_id in made[:3]:
        fleet.client.end(meeting_id).succeeded()
    eventually(lambda: set(fleet.balancer.known()) == {made[3]}, 10, "three are over")

    def asked(**parameters: str) -> list[str]:
        return [event["meetingID"] for event in events(fleet.client.call("getMeetingEvents", **parameters))]

    assert asked() == [made[3], made[2], made[1]], "by default those to which somebody came"
    assert asked(users="0") == made[::-1] and asked(users="2") == [made[2]] and asked(users="3") == []
    assert asked(users="0", limit="2") == [made[3], made[2]] and asked(limit="1000") == asked()
    assert asked(users="", limit="", createdAt="", endedAt="") == asked()

    day = datetime.now(UTC).date()
    yesterday, tomorrow = (str(day + timedelta(days)) for days in (-1, 1))
    assert asked(createdAt=yesterday) == asked() and asked(createdAt=str(day + timedelta(2))) == []
    # Those that run are not told when it is asked for the end.
    assert asked(endedAt=tomorrow) == [made[2], made[1]] and asked(endedAt=str(day - timedelta(2))) == []
    assert asked(createdAt=yesterday, endedAt=tomorrow, users="2", limit="5") == [made[2]]

    # The founding document's own example names one parameter twice and means the second as the end.
    def ask_twice(first: str, second: str, *more: str) -> Answer:
        query = "&".join([f"createdAt={first}&createdAt={second}", *more])
        checksum = hashlib.sha256(f"getMeetingEvents{query}{fleet.client.secret}".encode()).hexdigest()
        return fleet.client.fetch(f"{fleet.client.api}/getMeetingEvents?{query}&checksum={checksum}")

    def twice(first: str, second: str, *more: str) -> list[str]:
        return [event["meetingID"] for event in events(ask_twice(first, second, *more))]

    assert twice(yesterday, tomorrow) == [made[2], made[1]]
    assert twice("2014-01-10", "2014-01-20", "users=2", "limit=20") == []
    assert twice(yesterday, "2014-01-20", f"endedAt={tomorrow}") == [made[2], made[1]], "the first one counts then"

    by_id = {event["meetingID"]: event for event in events(fleet.client.call("getMeetingEvents", users="0"))}
    event = by_id[made[2]]
    server = next(server for server in fleet.servers if server.name == event["server"]["name"])
    assert event["server"]["url"] == f"http://127.0.0.1:{server.port}" and event["name"] == given["name"]
    users = [(user["name"], user["role"]) for user in event["users"]]
    assert users == [("Ada ü & Co", "moderator"), ("Grace", "attendee")]
    assert int(event["createdAt"]) <= int(event["users"][0]["createdAt"]) <= int(event["endedAt"])
    assert event["query"] == given | {"meetingID": made[2]}
    assert [user["name"] for user in by_id[made[1]]["users"]] == ["Ada", "Ada"], "one for each join"
    assert by_id[made[0]]["users"] == [] and "endedAt" in by_id[made[0]] and "endedAt" not in by_id[made[3]]

    for wrong in ("2014-13-01", "2014-02-30", "14-01-01", "2014-1-1", "x", "2014-01-01T00:00", "-"):
        for name in ("createdAt", "endedAt"):
            fleet.client.call("getMeetingEvents", **{name: wrong}).failed("invalidParameters")
    ask_twice(yesterday, "x").failed("invalidParameters")
    for name, values in (("users", ("-1", "x", "1.5")), ("limit", ("0", "-5", "x"))):
        for wrong in values:
            fleet.client.call("getMeetingEvents", **{name: wrong}).failed("invalidParameters")


# ---------------------------------------------------------------------------------------------------- create


def test_reserved_metadata_and_bad_loads_are_refused(start_fleet):
    fleet = start_fleet(1)
    reserved = ["guid", "institution", "institution-name", "rec-server", "rec-server-url", "rec-server-key"]
    names = [f"meta_mconflb-{name}" for name in reserved] + ["meta_plenary-tenant", "meta_plenary-x"]
    names += [name.upper().replace("META_", "meta_") for name in names]
    for name, value in [(name, "x") for name in names] + [("load", load) for load in ("0", "-1", "x", "inf", "nan")]:
        answer = fleet.client.create(fresh("refused"), **{name: value}).failed("invalidParameters")
        assert answer.text("message") == "The URL you supplied has parameters that are not accepted.", (name, value)
    assert fleet.truth() == {} == fleet.balancer.known()
    for parameter in ({"load": "0.5"}, {"load": ""}, {"meta_mconflb": "x"}, {"meta_guid": "x"}):
        fleet.client.create(fresh("taken"), **parameter).succeeded()
    assert all("load" not in meeting["parameters"] for meeting in fleet.servers[0].meetings().values())


def test_an_expected_load_counts(start_fleet):
    fleet = start_fleet(2)
    heavy = fresh("heavy")
    fleet.client.create(heavy, load="50").succeeded()
    holder = fleet.holder(heavy)
    light = [fresh("light") for _ in range(6)]
    for meeting_id in light:
        fleet.client.create(meeting_id).succeeded()
        assert fleet.holder(meeting_id) is not holder
    expected = {one["meetingID"]: one["expectedLoad"] for one in fleet.balancer.json("meeting", "list")}
    assert expected[heavy] == 50 * expected[light[0]]


def test_a_preferred_server_gets_the_meeting_when_it_can(start_fleet):
    fleet = start_fleet(3, **FAST)
    for server in fleet.servers:
        for name in (server.name, server.name.upper(), f"127.0.0.1:{server.port}"):
            meeting_id = fresh("preferred")
            fleet.client.create(meeting_id, preferredServer=name).succeeded()
            assert fleet.holder(meeting_id) is server
            assert "preferredServer" not in server.parameters(meeting_id)
    fleet.client.create(fresh("ignored"), preferredServer="nobody").succeeded()
    fleet.balancer.command("server", "drain", "a")

    def is_ignored() -> bool:
        meeting_id = fresh("drained")
        fleet.client.create(meeting_id, preferredServer="a").succeeded()
        return fleet.holder(meeting_id).name != "a"

    eventually(is_ignored, NOTICE, "a drained server is not preferred")


def test_tags_choose_servers(start_fleet):
    fleet = start_fleet(3, **FAST)
    printed = fleet.balancer.json("server", "tag", "a", "GPU", "berlin")
    assert printed["tags"] == ["berlin", "gpu"]
    fleet.balancer.command("server", "tag", "b", "berlin")
    assert "gpu" in fleet.balancer.command("server", "show", "a").out

    def lands(wish: str, name: str = "meta_server-tag") -> set[str]:
        """Where meetings with that wish go."""
        found = set()
        for _ in range(4):
            meeting_id = fresh("tagged")
            fleet.client.create(meeting_id, **{name: wish}).succeeded()
            found.add(fleet.holder(meeting_id).name)
        return found

    eventually(lambda: lands("gpu!") == {"a"}, NOTICE, "serve knows the tags")
    assert lands("berlin") <= {"a", "b"} and lands("none") == {"c"} and lands("none!") == {"c"}
    assert lands("x;Berlin!", "serverTag") <= {"a", "b"} and lands("gpu", "serverTag") == {"a"}
    assert lands("nonsense") <= {"a", "b", "c"} and lands("gpu;none!") <= {"a", "c"}
    for name in ("meta_server-tag", "serverTag", "meta_Server-Tag"):
        fleet.client.create(fresh("none"), **{name: "nonsense!"}).failed("serverTagUnavailable")
    fleet.balancer.command("server", "drain", "a")
    create = lambda: fleet.client.create(fresh("none"), serverTag="gpu!")  # noqa: E731
    eventually(lambda: create().key == "serverTagUnavailable", NOTICE, "the only server with that tag is drained")
    assert "a" not in lands("gpu"), "a wish, not a must"
    assert fleet.balancer.json("server", "tag", "b")["tags"] == []
    for wrong in ("none", "a;b", "x!", ""):
        assert fleet.balancer.command("server", "tag", "b", wrong, code=64).err
    for server in fleet.servers:
        assert all("serverTag" not in meeting["parameters"] for meeting in server.meetings().values())


# ---------------------------------------------------------------------------------------------------- voice bridges


def bridge(fleet: Fleet, server: Simulator, number: str) -> str:
    """Creates a meeting with a voice bridge: the number that it really has, as told and at its server."""
    meeting_id = fresh("bridge")
    told = fleet.client.create(meeting_id, preferredServer=server.name, voiceBridge=number).succeeded()
    assert fleet.holder(meeting_id) is server
    assert told.text("voiceBridge") == server.meetings()[meeting_id]["voiceBridge"]
    return told.text("voiceBridge")


@pytest.mark.parametrize("is_unique", [False, True], ids=["by server", "whole fleet"])
def test_a_voice_bridge_is_given_once(start_fleet, is_unique):
    fleet = start_fleet(2, PLENARY_VOICE_BRIDGE_UNIQUE=str(is_unique).lower(), **FAST)
    first, second = fleet.servers
    assert bridge(fleet, first, "75842") == "75842"
    again = bridge(fleet, first, "75842")
    assert again != "75842" and len(again) == 5 and again.startswith("7") and again.isdigit()
    assert (bridge(fleet, second, "75842") == "75842") == (not is_unique)
    # Also of a meeting that somebody made there beside us.
    first.client.create(fresh("foreign"), voiceBridge="71111").succeeded()
    assert bridge(fleet, first, "71111") != "71111"
    if is_unique:
        fleet.polled()
        assert bridge(fleet, second, "71111") != "71111"
        for _ in range(3):
            fleet.client.create(fresh("any")).succeeded()
    numbers = [meeting["voiceBridge"] for server in fleet.servers for meeting in server.meetings().values()]
    assert is_unique == (len(set(numbers)) == len(numbers))
