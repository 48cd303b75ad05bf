"""Rooms, their links and codes, service providers, keys and administrators from the command line."""

from __future__ import annotations

import json

import pytest
import requests
from harness import Balancer, eventually, free_port


def sell(balancer: Balancer, slug: str, *features: str) -> dict[str, str]:
    """An account whose customer bought something: the ids."""
    balancer.command("account", "create", slug)
    customer = balancer.json(
        "customer", "create", "--email", f"it@{slug}.example", "--first-name", "Ida", "--last-name", "Berg"
    )["id"]
    given = [argument for feature in features for argument in ("--feature", feature)]
    package = balancer.json("package", "create", f"Meetings of {slug}", *given)["id"]
    sold = balancer.json("subscription", "create", "--package", package, "--customer", customer)["id"]
    balancer.command("subscription", "bind", sold, slug)
    return {"customer": customer, "package": package, "subscription": sold}


@pytest.fixture
def balancer(new_balancer) -> Balancer:
    return new_balancer()


# ---------------------------------------------------------------------------------------------------- rooms


def test_an_account_without_a_subscription_has_no_rooms_and_the_remedy_works(balancer):
    balancer.command("account", "create", "plain")
    refused = balancer.command("room", "create", "--account", "plain", "--name", "Hall", code=1)
    assert "no subscription" in refused.err and "plenary subscription bind SUBSCRIPTION plain" in refused.err
    assert refused.out == ""
    sell(balancer, "school")
    made = balancer.json("room", "create", "--account", "school", "--name", "Hall")
    assert made["object"] == "Room" and made["account_key"] == "school" and made["warnings"] == []


def test_a_room_from_its_making_to_its_end(balancer):
    ids = sell(balancer, "school", "max_rooms=2", "max_participants=100", "recording=true")
    made = balancer.command(
        "room", "create", "--account", "school", "--name", "Großer Saal", "--feature", "max_participants=150",
        "--setting", "mute_on_start=true", "--setting", "description=2026", "--metadata", '{"crm": 4711}', "--json",
    )  # fmt: skip
    assert "room_features/max_participants is ignored" in made.err
    room = json.loads(made.out)
    assert room["slug"] == "grosser-saal" and room["status"] == "active" and room["is_public"] is False
    assert room["url"] == f"{balancer.root}/rooms/{room['id']}/grosser-saal"
    assert room["room_features"] == {"max_participants": 150}
    assert room["room_settings"] == {"mute_on_start": True, "description": "2026"}
    assert room["room_metadata"] == {"crm": 4711}
    assert room["customer_id"] == ids["customer"] and room["subscription_id"] == ids["subscription"]
    assert [warning["code"] for warning in room["warnings"]] == ["ignored_exceeds_subscription"]

    for name in (room["id"], room["uuid"], room["ulid"].lower()):
        assert balancer.json("room", "show", name)["id"] == room["id"]
    changed = balancer.json(
        "room", "update", room["id"], "--name", "Aula", "--feature", "max_participants=", "--setting", "locale=de",
        "--public",
    )  # fmt: skip
    assert changed["room_name"] == "Aula" and changed["room_features"] == {} and changed["is_public"] is True
    assert changed["room_settings"] == {"mute_on_start": True, "description": "2026", "locale": "de"}
    wrong = balancer.command("room", "update", room["id"], "--setting", "mute_on_start=loud", code=64)
    assert "room_settings/mute_on_start is true or false" in wrong.err
    assert balancer.command("room", "update", room["id"], code=64).out == ""

    other = balancer.json("room", "create", "--account", "school", "--name", "Labor")
    full = balancer.command("room", "create", "--account", "school", "--name", "Keller", code=1)
    assert "2" in full.err and "max_rooms" in full.err
    assert [found["id"] for found in balancer.json("room", "list")] == [room["id"], other["id"]]
    assert [found["id"] for found in balancer.json("room", "list", "--search", "labor")] == [other["id"]]
    assert balancer.json("room", "list", "--account", "default") == []
    assert len(balancer.json("room", "list", "--customer", ids["customer"])) == 2
    assert balancer.json("room", "list", "--live") == []

    assert balancer.command("room", "end", other["id"], code=1).err.count("nothing runs") == 1
    assert balancer.json("room", "delete", other["id"]) == {"deleted": other["id"]}
    assert "was deleted on" in balancer.command("room", "show", other["id"], code=1).err
    assert "there is no room" in balancer.command("room", "show", "nonsense", code=1).err


def test_links_and_codes(balancer):
    sell(balancer, "school")
    room = balancer.json("room", "create", "--account", "school", "--name", "Hall", "--public")
    link = balancer.command("token", "create", room["id"], "--role", "moderator", "--label", "for Ida").out.strip()
    assert link.startswith(room["url"] + "?token=") and len(link.split("=")[1]) == 32

    listed = balancer.json("token", "list", room["id"])
    assert [(token["role"], token["auto"], token["valid"]) for token in listed] == [
        ("moderator", False, True),
        ("guest", True, True),
    ]
    assert "url" not in listed[0] and "token" not in listed[0]
    assert link.split("=")[1] not in balancer.command("token", "list", room["id"]).out
    assert balancer.json("token", "list", room["id"], "--reveal")[0]["url"] == link

    revoked = balancer.json("token", "revoke", room["id"], listed[0]["id"])
    assert revoked["valid"] is False and "expires_at" in revoked
    assert "public room" in balancer.command("token", "revoke", room["id"], listed[1]["id"], code=1).err
    assert "public room" in balancer.command("token", "delete", room["id"], listed[1]["id"], code=1).err
    balancer.command("token", "delete", room["id"], listed[0]["id"])
    assert "no such link" in balancer.command("token", "delete", room["id"], listed[0]["id"], code=1).err

    personal = balancer.json(
        "token", "create", room["id"], "--role", "guest", "--name", "Ada", "--max-uses", "1", "--expires-in", "90d"
    )
    assert (personal["display_name"], personal["max_uses"], personal["use_count"]) == ("Ada", 1, 0)
    past = balancer.json("token", "create", room["id"], "--role", "guest", "--expires", "2021-01-01")
    assert past["valid"] is False and past["expires_at"] == "2021-01-01T00:00:00Z"
    assert "one of" in balancer.command("token", "create", room["id"], "--role", "king", code=64).err

    code = balancer.command("code", "create", room["id"], "--role", "attendee").out.strip()
    assert len(code) == 9 and code.isdigit()
    own = balancer.json("code", "create", room["id"], "--role", "moderator", "--code", "spring-2026")
    assert own["code"] == "spring-2026" and own["valid"] is True
    assert "already" in balancer.command("code", "create", room["id"], "--role", "guest", "--code", "spring-2026", code=1).err
    assert "code has" in balancer.command("code", "create", room["id"], "--role", "guest", "--code", "abc", code=64).err
    assert [found["code"] for found in balancer.json("code", "list", room["id"])] == ["spring-2026", code]
    balancer.command("code", "delete", room["id"], own["id"])
    assert len(balancer.json("code", "list", room["id"])) == 1


# ---------------------------------------------------------------------------------------------------- providers


def test_a_provider_that_does_not_answer_is_not_added_unless_it_is_said(balancer):
    url = f"https://127.0.0.1:{free_port()}"
    add = ("provider", "add", "north", "--type", "scalelite", "--url", url, "--secret", "my-secret-key")
    refused = balancer.command(*add, code=1)
    assert "provider_unreachable" in refused.err and "--no-verify" in refused.err
    assert "my-secret-key" not in refused.err
    assert balancer.json("provider", "list") == []

    made = balancer.json(*add, "--no-verify")
    assert made["active"] is False and made["properties"]["api_url"] == url + "/bigbluebutton/api"
    assert made["properties"]["secret_set"] is True and "my-secret-key" not in json.dumps(made)
    assert balancer.json("provider", "show", "north")["id"] == made["id"]
    plain = balancer.command(
        "provider", "add", "x", "--type", "scalelite", "--url", "http://h.example", "--secret", "s", code=64
    )
    assert "properties/host_url" in plain.err

    package = balancer.json("package", "create", "Meetings")["id"]
    inactive = balancer.command("provider", "attach", made["id"], "--package", package, code=1)
    assert "not active" in inactive.err
    assert balancer.command("provider", "attach", made["id"], code=64).out == ""
    assert balancer.command("provider", "check", made["id"], code=1).err
    assert balancer.json("provider", "update", made["id"], "--name", "south")["provider_name"] == "south"
    assert balancer.json("provider", "remove", "south") == {"deleted": made["id"]}


def test_own_servers_are_attached_and_taken_away(balancer):
    ids = sell(balancer, "school")
    first = balancer.json("provider", "add", "Own servers", "--type", "fleet")["id"]
    second = balancer.json("provider", "add", "Large ones", "--type", "fleet", "--server-tag", "large")["id"]
    other = balancer.command("provider", "attach", first, "--subscription", ids["subscription"], code=1)
    assert "plenary provider attach PROVIDER --package" in other.err
    assert balancer.json("provider", "attach", first, "--package", ids["package"])["default"] is True
    assert balancer.json("provider", "attach", second, "--package", ids["package"])["default"] is False
    assert balancer.json("provider", "attach", first, "--subscription", ids["subscription"])["default"] is True
    assert "default" in balancer.command("provider", "detach", first, "--package", ids["package"], code=1).err
    assert balancer.json("provider", "attach", second, "--package", ids["package"], "--default")["default"] is True
    detached = balancer.json("provider", "detach", first, "--package", ids["package"])
    assert detached == {"service_provider_id": first, "detached": True}
    assert balancer.json("provider", "detach", first, "--package", ids["package"])["detached"] is False
    assert "attached to" in balancer.command("provider", "remove", first, code=1).err


# ---------------------------------------------------------------------------------------------------- keys, administrators


def test_a_key_is_shown_once_and_opens_the_api_until_it_is_deleted(balancer):
    assert "--permission" in balancer.command("api-key", "create", "nothing", code=64).err
    assert "rooms.create" in balancer.command("api-key", "create", "x", "--permission", "rooms.dance", code=64).err
    made = balancer.json("api-key", "create", "everything", "--permission", "*", "--expires-in", "90d")
    assert made["key"].startswith(f"rk_{made['id']}_") and made["permissions"] == ["*"]
    reader = balancer.command("api-key", "create", "reader", "--permission", "rooms.read").out.strip()
    listed = balancer.command("api-key", "list", "--json").out
    assert made["key"] not in listed and reader not in listed
    assert [key["name"] for key in json.loads(listed)] == ["everything", "reader"]

    balancer.serve()

    def ask(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}"}
        return requests.get(f"{balancer.root}/api/v1/customers", headers=headers, timeout=20).status_code

    assert ask(made["key"]) == 200 and ask(reader) == 403
    balancer.command("api-key", "delete", made["id"])
    eventually(lambda: ask(made["key"]) == 401, 10, "the key opens nothing any more")
    gone = balancer.command("api-key", "delete", made["key"], code=1)
    assert "no such key" in gone.err and made["key"] not in gone.err


def test_a_key_for_one_customer_tells_whose(balancer):
    ids = sell(balancer, "school")
    made = balancer.json("api-key", "create", "school", "--permission", "rooms.*", "--customer", "it@school.example")
    assert made["customer_ids"] == [ids["customer"]]
    assert balancer.json("api-key", "list")[0]["customer_ids"] == [ids["customer"]]
    assert balancer.command("api-key", "create", "x", "--permission", "*", "--customer", "nobody", code=1).err


def test_administrators_get_links(balancer):
    first = balancer.command("admin", "setup-link").out.strip()
    assert first.startswith(f"{balancer.root}/setup?token=")
    made = balancer.json("admin", "create", "Ida@School.example", "--name", "Ida Berg")
    assert made["email"] == "ida@school.example" and made["roles"] == ["admin"] and made["has_password"] is False
    assert made["setup_link"]["url"].startswith(f"{balancer.root}/setup?token=")
    again = balancer.command("admin", "create", "ida@school.example", "--name", "Ida", code=1)
    assert "another administrator" in again.err
    assert "no role" in balancer.command("admin", "create", "b@x.example", "--name", "B", "--role", "cook", code=64).err
    assert "administrators already" in balancer.command("admin", "setup-link", code=1).err
    link = balancer.json("admin", "setup-link", "IDA@school.example")
    assert link["url"] != made["setup_link"]["url"]
    assert [admin["email"] for admin in balancer.json("admin", "list")] == ["ida@school.example"]
    assert balancer.json("admin", "delete", made["id"]) == {"deleted": made["id"]}
    assert balancer.json("admin", "list") == []
