"""Secrets of accounts: changed under load without a refused request, and told to nobody who did not ask for them."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
import time

import pytest

from harness import SECRET, Client, Fleet, eventually, fresh
from tenants import NOTICE, Tenant, comparable, make, the_default

FAST = {
    "PLENARY_CALLBACKS_ALLOW_PRIVATE": "true",
    "PLENARY_CALLBACKS_FIRST_RETRY": "50ms",
    "PLENARY_POLL_INTERVAL": "500ms",
    "PLENARY_READS_MAX_AGE": "0s",
}


def rotate(fleet: Fleet, slug: str, overlap: str) -> dict:
    return fleet.balancer.json("account", "secret", "rotate", "--account", slug, "--overlap", overlap)


def with_secret(client: Client, secret: str) -> Client:
    return Client(client.api, secret)


# ---------------------------------------------------------------------------------------------------- rotation


def test_a_secret_is_rotated_under_load_without_a_refused_request(start_fleet):
    """Clients sign all the time, and change to the new secret one after the other within the overlap."""
    fleet = start_fleet(2, **FAST)
    alpha = make(fleet.balancer, "alpha")
    beta = make(fleet.balancer, "beta")
    clients, overlap = 6, 20.0
    secrets = [alpha.secret] * clients
    meeting_id = fresh("steady")
    alpha.client.create(meeting_id).succeeded()
    over = threading.Event()
    refused: list = []
    counts = [0] * clients
    new_counts = [0] * clients

    def work(number: int) -> None:
        routes = itertools.cycle(alpha.routes.values())
        while not over.is_set():
            secret = secrets[number]
            client = next(routes)
            client.secret = secret
            own = fresh("load")
            for answer in (
                client.call("isMeetingRunning", meetingID=meeting_id), client.join(meeting_id, f"Person {number}"),
                client.create(own), client.end(own), client.call("getMeetings"), client.call("hooks/list"),
            ):  # fmt: skip
                counts[number] += 1
                new_counts[number] += secret != alpha.secret
                is_good = answer.status == 302 and "errors=" not in answer.location or (
                    answer.status == 200 and answer.is_success
                )
                if not is_good:
                    refused.append((number, secret == alpha.secret, time.monotonic() - began, answer))

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        rotated_at = time.monotonic()
        rotated = rotate(fleet, "alpha", f"{overlap:g}s")
        done_at = time.monotonic()
        assert rotated["secret"] != alpha.secret and len(rotated["secret"]) >= 32
        # From when `serve` has surely taken note, until shortly before the end.
        for number in range(clients):
            time.sleep(max(0.0, done_at + NOTICE + number * 2.5 - time.monotonic()))
            secrets[number] = rotated["secret"]
            assert time.monotonic() < rotated_at + overlap - 2, "too slow: the overlap is over"
        time.sleep(max(0.0, rotated_at + overlap - 1 - time.monotonic()))
        # Who did not change yet is still served, up to the end.
        with_secret(alpha.client, alpha.secret).call("getMeetings").succeeded()
        time.sleep(max(0.0, done_at + overlap + 1 - time.monotonic()))
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert refused == [], f"{len(refused)} of {sum(counts)}, such as {refused[:3]}"
    assert min(counts) > 100 and all(0 < new < count for new, count in zip(new_counts, counts, strict=True))
    # From then on the old one is as any wrong one, by each address.
    for client in alpha.routes.values():
        old = comparable(client.call("getMeetings"), "")
        client.call("getMeetings").failed("checksumError")
        client.secret = "guessed"
        assert comparable(client.call("getMeetings"), "") == old
        client.secret = rotated["secret"]
        client.call("getMeetings").succeeded()
    for other in (beta, the_default(fleet.balancer)):
        other.client.call("getMeetings").succeeded()


def test_an_overlap_of_nothing_ends_at_once(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = make(fleet.balancer, "alpha")
    rotated = rotate(fleet, "alpha", "0s")
    new = with_secret(alpha.client, rotated["secret"])
    eventually(lambda: new.call("getMeetings").is_success, NOTICE, "serve accepts the new one")
    alpha.client.call("getMeetings").failed("checksumError")
    # What ends sooner stays so; what was to end later ends sooner.
    second = rotate(fleet, "alpha", "1h")
    third = rotate(fleet, "alpha", "1s")
    newest = with_secret(alpha.client, third["secret"])
    eventually(lambda: newest.call("getMeetings").is_success, NOTICE, "serve accepts the newest one")
    eventually(lambda: new.call("getMeetings").key == "checksumError", NOTICE + 1, "the second one is over")
    with_secret(alpha.client, second["secret"]).call("getMeetings").failed("checksumError")
    alpha.client.call("getMeetings").failed("checksumError")
    newest.call("getMeetings").succeeded()
    # Also after a restart.
    fleet.balancer.restart()
    newest.call("getMeetings").succeeded()
    for client in (alpha.client, new):
        client.call("getMeetings").failed("checksumError")
    for wrong in ("x", "10", "-1s", "1w", ""):
        printed = fleet.balancer.command(
            "account", "secret", "rotate", "--account", "alpha", f"--overlap={wrong}", code=None
        )
        assert printed.code != 0 and printed.err, wrong


def test_what_is_told_after_a_rotation_can_be_verified(start_fleet, receiver):
    """A hook that was made with the old secret: when that is over, the front-end has the new one only."""
    fleet = start_fleet(1, **FAST)
    alpha = make(fleet.balancer, "alpha")
    url, meeting_id = receiver.url("/hook"), fresh("told")
    alpha.client.call("hooks/create", callbackURL=url).succeeded()
    rotated = rotate(fleet, "alpha", "1s")
    new = with_secret(alpha.client, rotated["secret"])
    eventually(lambda: new.call("getMeetings").is_success, NOTICE, "serve accepts the new one")
    eventually(lambda: alpha.client.call("getMeetings").key == "checksumError", 2 + NOTICE, "the old one is over")
    new.create(meeting_id).succeeded()
    (told,) = receiver.wait_for("/hook")
    digests = {
        name: hashlib.sha1(f"{url}{told.body.decode()}{secret}".encode()).hexdigest()
        for name, secret in (("old", alpha.secret), ("new", rotated["secret"]))
    }
    signed = told.target.partition("checksum=")[2]
    assert signed == digests["new"], "signed with the old one" if signed == digests["old"] else told


def test_a_removed_secret_is_refused_and_another_goes_on(start_fleet):
    fleet = start_fleet(1, **FAST)
    alpha = make(fleet.balancer, "alpha")
    added = fleet.balancer.json("account", "secret", "add", "--account", "alpha", "--label", "moodle")
    second = with_secret(alpha.client, added["secret"])
    eventually(lambda: second.call("getMeetings").is_success, NOTICE, "serve accepts the second one")
    shown = fleet.balancer.json("account", "show", "alpha")["secrets"]
    assert [secret["label"] for secret in shown] == ["first", "moodle"]
    # The number of a secret of somebody else's names nothing.
    others = fleet.balancer.json("account", "show", "default")["secrets"][0]["id"]
    fleet.balancer.command("account", "secret", "remove", str(others), "--account", "alpha", code=1)
    fleet.client.call("getMeetings").succeeded()
    fleet.balancer.command("account", "secret", "remove", str(shown[0]["id"]), "--account", "alpha")
    eventually(lambda: alpha.client.call("getMeetings").key == "checksumError", NOTICE, "serve refuses the first one")
    second.call("getMeetings").succeeded()


@pytest.mark.parametrize("known", ["alpha", "default"])
def test_two_accounts_with_one_secret_are_told_apart_by_their_addresses(start_fleet, known):
    """Whoever brings secrets along may bring one twice. It is refused, or each address opens to its own account."""
    fleet = start_fleet(1, **FAST)
    tenants = {"alpha": make(fleet.balancer, "alpha"), "default": the_default(fleet.balancer)}
    first = tenants[known]
    beta = make(fleet.balancer, "beta")
    added = fleet.balancer.command(
        "account", "secret", "add", "--account", "beta", "--secret-file", "-", stdin=first.secret, code=None
    )
    if added.code != 0:
        assert "secret" in added.err
        return
    double = Tenant("beta", beta.number, first.secret, fleet.balancer)
    eventually(lambda: double.client.call("getMeetings").is_success, NOTICE, "serve accepts it")
    meeting_id = fresh("double")
    double.client.create(meeting_id).succeeded()
    assert fleet.servers[0].has(double.on_server(meeting_id))
    assert first.client.listed() == {} and double.routes["host"].listed().keys() == {meeting_id}


# ---------------------------------------------------------------------------------------------------- who sees them


def test_secrets_are_shown_on_request_only_and_never_logged(start_fleet, receiver):
    fleet = start_fleet(1, PLENARY_LOG_LEVEL="trace", **FAST)
    balancer = fleet.balancer
    alpha = make(balancer, "alpha", None, "--balancer-calls")
    added = balancer.json("account", "secret", "add", "--account", "alpha")["secret"]
    rotated = rotate(fleet, "alpha", "1h")["secret"]
    secrets = {alpha.secret, added, rotated}
    clients = [with_secret(alpha.client, secret) for secret in secrets]
    for client in clients:
        eventually(lambda: client.call("getMeetings").is_success, NOTICE, "serve accepts each")  # noqa: B023

    # Whatever is asked, and whatever goes wrong.
    meeting_id = fresh("logged")
    for client in (*clients, *alpha.routes.values()):
        client.create(
            meeting_id, record="true", meta_endCallbackUrl=receiver.url("/end"), meetingEndedURL=receiver.url("/ended")
        ).succeeded()
        client.join(meeting_id, "Ada")
        for call in ("getMeetings", "getRecordings", "getServers", "getStatistics", "hooks/list", "nonsense", "create"):
            client.call(call)
        client.call("hooks/create", callbackURL=receiver.url("/hook")).succeeded()
        client.fetch(f"{client.api}/getMeetings?checksum={client.secret}")
        client.fetch(f"{client.api}/{client.secret}?checksum=00")
    Client(f"{balancer.root}/a/{alpha.secret}/bigbluebutton/api", alpha.secret).call("getMeetings")
    fleet.servers[0].fault("500", call="create", count=2)
    alpha.client.create(fresh("failed"))
    fleet.servers[0].heal()
    fleet.servers[0].end_meeting(alpha.on_server(meeting_id))
    receiver.wait_for("/ended")
    fleet.polled()
    balancer.restart()
    assert balancer.stop() == 0

    log = balancer.log.read_text()
    assert len(log.splitlines()) > 50, "nothing was logged: this tests nothing"
    all_secrets = secrets | {SECRET, fleet.servers[0].secret}
    assert [line for line in log.splitlines() if any(secret in line for secret in all_secrets)] == []
    # Whoever has a checksum may repeat the call.
    assert re.findall(r"checksum=[0-9a-f]{40,}", log) == []

    for command in (
        ("account", "show", "alpha"), ("account", "show"), ("account", "list"), ("account", "limits", "alpha"),
        ("account", "allow", "alpha", "--record"), ("account", "update", "alpha", "--name", "Alpha"),
        ("account", "disable", "alpha"), ("account", "enable", "alpha"), ("status",), ("meeting", "list"),
        ("callback", "list"), ("server", "list"),
    ):  # fmt: skip
        for arguments in (command, (*command, "--json")):
            printed = balancer.command(*arguments)
            assert not any(secret in printed.out + printed.err for secret in all_secrets), arguments
    shown = balancer.json("account", "show", "alpha", "--reveal")
    assert {secret["secret"] for secret in shown["secrets"]} == secrets
    assert all(secret in balancer.command("account", "show", "alpha", "--reveal").out for secret in secrets)
    # Those of others are not shown with them.
    assert SECRET not in json.dumps(shown)


def test_secrets_are_shown_where_they_are_made(new_balancer):
    balancer = new_balancer()
    printed = balancer.command("account", "create", "alpha", "--name", "Alpha & Sons")
    made = dict(line.split(None, 1) for line in printed.out.splitlines() if line.startswith("secret"))
    revealed = balancer.json("account", "show", "alpha", "--reveal")["secrets"]
    assert [secret["secret"] for secret in revealed] == [made["secret"].strip()]
    rotated = balancer.command("account", "secret", "rotate", "--account", "alpha").out.strip()
    added = balancer.command("account", "secret", "add", "--account", "alpha").out.strip()
    revealed = [secret["secret"] for secret in balancer.json("account", "show", "alpha", "--reveal")["secrets"]]
    assert revealed == [made["secret"].strip(), rotated, added]
    taken = balancer.command("account", "create", "ALPHA", code=1)
    assert "alpha" in taken.err.lower()
    for wrong in ("", "-x", "a b", "ä", "x" * 64, "a/b", "../a"):
        printed = balancer.command("account", "create", "--", wrong, code=None)
        assert printed.code != 0 and printed.err, wrong
