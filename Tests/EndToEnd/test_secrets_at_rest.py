"""Secrets in the files of the balancer: encrypted with a key that lies elsewhere, which can be changed while it serves."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from harness import SECRET, Balancer, Client, eventually, fresh
from tenants import NOTICE, make

FAST = {"PLENARY_POLL_INTERVAL": "500ms", "PLENARY_READS_MAX_AGE": "0s"}
KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4


def key_file(balancer: Balancer) -> Path:
    return Path(f"{balancer.database}.key")


def keys(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def holders(text: str, directory: Path) -> list[str]:
    """The files below a directory in which a text stands."""
    found = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return [str(path.relative_to(directory)) for path in found if text.encode() in path.read_bytes()]


def rows(balancer: Balancer) -> list:
    """What the database holds of secrets, as it stands there."""
    with sqlite3.connect(balancer.database) as database:
        tables = ("SELECT id, secret, key_id FROM account_secrets", "SELECT id, secret, key_id FROM servers")
        found = [database.execute(f"{table} ORDER BY id").fetchall() for table in tables]
        found.append(database.execute("SELECT name, value, key_id FROM installation ORDER BY name").fetchall())
    database.close()
    return found


def make_clear(balancer: Balancer, secrets: dict[str, str]) -> None:
    """Puts secrets back in clear, as versions before wrote them: by the label of the secret."""
    with sqlite3.connect(balancer.database) as database:
        for label, secret in secrets.items():
            database.execute(
                "UPDATE account_secrets SET secret = ?, key_id = NULL, mark = NULL WHERE label = ?", (secret, label)
            )
    database.close()


def test_no_file_but_that_of_the_key_tells_a_secret(start_fleet):
    fleet = start_fleet(1, PLENARY_LOG_LEVEL="trace", **FAST)
    balancer, server = fleet.balancer, fleet.servers[0]
    alpha = make(balancer, "alpha")
    added = balancer.json("account", "secret", "add", "--account", "alpha")["secret"]
    secrets = {SECRET, server.secret, alpha.secret, added}
    fleet.client.create(fresh("room")).succeeded()
    eventually(lambda: Client(alpha.client.api, added).call("getMeetings").is_success, NOTICE, "serve accepts it")
    fleet.polled()
    # What stands in clear is found, so that the look is worth something.
    assert holders("alpha", balancer.directory)
    for secret in secrets:
        assert holders(secret, balancer.directory) == []
    assert balancer.stop() == 0
    for secret in secrets:
        assert holders(secret, balancer.directory) == []
    file = key_file(balancer)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (key,) = keys(file)
    assert re.fullmatch("[0-9a-f]{64}", key) and holders(key, balancer.directory) == [file.name]
    # They are there all the same.
    shown = balancer.json("account", "show", "alpha", "--reveal")["secrets"]
    assert {secret["secret"] for secret in shown} == {alpha.secret, added}


def test_secrets_in_clear_are_encrypted_at_the_next_start(new_balancer):
    balancer = new_balancer(**FAST)
    balancer.command("account", "create", "alpha")
    secret = balancer.json("account", "secret", "add", "--account", "alpha", "--label", "old")["secret"]
    make_clear(balancer, {"old": secret})
    assert holders(secret, balancer.directory)
    balancer.serve()
    assert holders(secret, balancer.directory) == []
    Client(f"{balancer.root}/a/alpha/bigbluebutton/api", secret).call("getMeetings").succeeded()
    assert balancer.stop() == 0
    assert holders(secret, balancer.directory) == []


def test_the_key_is_changed_while_calls_go_on(start_fleet):
    fleet = start_fleet(1, **FAST)
    balancer, file = fleet.balancer, key_file(fleet.balancer)
    alpha = make(balancer, "alpha")
    alpha.client.call("getMeetings").succeeded()
    over, refused, count = threading.Event(), [], [0]

    def work() -> None:
        while not over.is_set():
            own = fresh("load")
            for answer in (fleet.client.create(own), fleet.client.end(own), alpha.client.call("getMeetings")):
                count[0] += 1
                if answer.status != 200 or not answer.is_success:
                    refused.append(answer)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        (old,) = keys(file)
        before = rows(balancer)
        rotated = balancer.json("secrets", "rotate-key")
        # Two of accounts, one of a server, and the key of the installation.
        assert rotated["encrypted"] == 4 and len(rotated["keys"]) == 2 and rotated["keys"][0] == rotated["key"]
        new, kept = keys(file)
        assert kept == old and new != old and stat.S_IMODE(file.stat().st_mode) == 0o600
        after = rows(balancer)
        assert not {row[1] for table in before for row in table} & {row[1] for table in after for row in table}
        assert {row[2] for table in after for row in table} == {rotated["key"]}
        # What is encrypted with the new key reaches the running `serve`, which began with the old one.
        added = balancer.json("account", "secret", "add", "--account", "alpha")["secret"]
        second = Client(alpha.client.api, added)
        eventually(lambda: second.call("getMeetings").is_success, NOTICE, "serve accepts it")
        dropped = balancer.json("secrets", "drop-old-keys")
        assert dropped["keys"] == [rotated["key"]] and keys(file) == [new]
        beta = make(balancer, "beta")
        eventually(lambda: beta.client.call("getMeetings").is_success, NOTICE, "serve accepts what came after")
    finally:
        over.set()
        thread.join(60)
    assert refused == [] and count[0] > 10
    balancer.restart()
    for client in (fleet.client, alpha.client, second, beta.client):
        client.call("getMeetings").succeeded()
    log = balancer.log.read_text()
    assert not any(key in log for key in (old, new))


def test_without_its_key_file_nothing_starts_and_nothing_is_changed(new_balancer):
    balancer = new_balancer(**FAST)
    balancer.command("account", "create", "alpha")
    file, saved = key_file(balancer), balancer.directory / "saved"
    before = rows(balancer)
    shutil.move(file, saved)
    for command in (("serve",), ("account", "list"), ("account", "create", "beta"), ("secrets", "rotate-key")):
        printed = balancer.command(*command, code=78)
        assert str(file) in printed.err and "missing" in printed.err and "backup" in printed.err, command
    assert not file.exists() and rows(balancer) == before
    # Another key is not the one; and a text that is none is not quoted.
    file.write_text(OTHER_KEY + "\n")
    printed = balancer.command("account", "list", code=78)
    assert before[0][0][2] in printed.err and OTHER_KEY not in printed.err
    file.write_text("hunter2\n")
    printed = balancer.command("account", "list", code=78)
    assert "line 1" in printed.err and "hunter2" not in printed.err
    assert rows(balancer) == before
    shutil.move(saved, file)
    assert [account["slug"] for account in balancer.json("account", "list")] == ["default", "alpha"]


def test_programs_that_start_at_once_make_one_key(new_balancer):
    balancer = new_balancer(**FAST)
    # Whose database it is, and in which mode, is decided already: this is about the key.
    with sqlite3.connect(balancer.database) as database:
        database.execute("PRAGMA journal_mode = WAL")
    database.close()
    processes = [balancer.spawn("account", "create", f"tenant-{number}", "--json") for number in range(6)]
    assert [process.wait(60) for process in processes] == [0] * 6
    assert len(keys(key_file(balancer))) == 1
    assert sorted(path.name for path in balancer.directory.glob("*.new")) == []
    assert len(balancer.json("account", "list")) == 7


@pytest.mark.parametrize("source", ["setting", "credential"])
def test_a_key_of_the_operators_own(new_balancer, tmp_path, source):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    given = credentials / "plenary-key"

    def give(text: str) -> None:
        if source == "setting":
            balancer.environment["PLENARY_ENCRYPTION_KEY"] = text
        else:
            given.write_text(text)
            balancer.environment["CREDENTIALS_DIRECTORY"] = str(credentials)

    balancer = new_balancer(**FAST)
    give(KEY)
    secret = balancer.json("account", "create", "alpha")["secret"]
    assert not key_file(balancer).exists() and holders(secret, balancer.directory) == []
    balancer.serve()
    alpha = Client(f"{balancer.root}/a/alpha/bigbluebutton/api", secret)
    alpha.call("getMeetings").succeeded()
    # It is not ours to change, and how it is done is told.
    printed = balancer.command("secrets", "rotate-key", code=1)
    assert "plenary secrets reseal" in printed.err
    # The new one in front of the old one, a restart, and the old one is needed by nobody.
    give(f"{OTHER_KEY},{KEY}")
    balancer.restart()
    assert balancer.json("secrets", "reseal")["encrypted"] == 3
    give(OTHER_KEY)
    balancer.restart()
    alpha.call("getMeetings").succeeded()
    give(KEY)
    balancer.command("account", "list", code=78)
    log = balancer.log.read_text()
    assert KEY not in log and OTHER_KEY not in log


def test_it_is_told_when_a_secret_was_last_used(start_fleet):
    fleet = start_fleet(1, **FAST)
    balancer = fleet.balancer
    alpha = make(balancer, "alpha")
    unused = balancer.json("account", "secret", "add", "--account", "alpha", "--label", "unused")["id"]
    alpha.client.call("getMeetings").succeeded()

    def used() -> dict[int, int]:
        shown = balancer.json("account", "show", "alpha")["secrets"]
        return {secret["id"]: secret["lastUsedAt"] for secret in shown if "lastUsedAt" in secret}

    first = eventually(used, NOTICE + 2, "the use is written down")
    assert len(first) == 1 and unused not in first
    alpha.client.call("getMeetings").succeeded()
    fleet.polled()
    assert used() == first
