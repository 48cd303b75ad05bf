"""`server add` looks at the server and names what is wrong, with a remedy, and adds nothing then."""

from __future__ import annotations

import http.server
import re
import threading

import pytest

from harness import Balancer, Printed, free_port


@pytest.fixture
def web_server():
    """Some web server that is not BigBlueButton."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<!DOCTYPE html><title>It works!</title><p>It works!"
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def refused(balancer: Balancer, url: str, secret: str) -> Printed:
    """Adds a server that cannot be added: the fault and its remedy are on standard error, nothing else happened."""
    printed = balancer.command("server", "add", url, "--secret", secret, "--name", "bad", code=1)
    assert printed.out == ""
    fault, *remedy = printed.err.strip().splitlines()
    assert re.match(r"plenary: [A-Za-z ]+: .{10,}", fault), printed.err
    assert len("".join(remedy).strip()) > 20, f"no remedy: {printed.err}"
    assert "--no-check" in printed.err
    assert secret not in printed.err
    assert balancer.json("server", "list") == []
    return printed


def test_each_fault_has_its_own_name_and_remedy(start_simulator, new_balancer, web_server):
    server = start_simulator("a")
    balancer = new_balancer()
    base = f"http://127.0.0.1:{server.port}"
    printed = {
        "wrong secret": refused(balancer, server.api, "not-its-secret").err,
        "wrong path": refused(balancer, f"{base}/wrong/api", server.secret).err,
        "TCP": refused(balancer, f"http://127.0.0.1:{free_port()}", "some-secret").err,
        "not BBB": refused(balancer, web_server, "some-secret").err,
        "DNS": refused(balancer, "http://bbb.plenary-test.invalid", "some-secret").err,
    }
    for name, text in printed.items():
        assert text.startswith(f"plenary: {name}: "), text
    remedies = {re.sub(r"[\d:.]+", "", text.split("\n", 1)[1]) for text in printed.values()}
    assert len(remedies) == len(printed), "two faults have the same remedy"
    # The remedies lead on: where the API is, which host was meant, how to see the secret.
    assert f"{base}/bigbluebutton/api" in printed["wrong path"]
    assert "bbb-conf --secret" in printed["wrong secret"]
    assert "bbb.plenary-test.invalid" in printed["DNS"]
    # What was told as the remedy for the wrong path works.
    balancer.command("server", "add", f"{base}/bigbluebutton/api", "--secret", server.secret, "--name", "bad")


def test_a_server_that_hangs_is_told_in_time(start_simulator, new_balancer):
    server = start_simulator("a")
    server.fault("hang")
    refused(new_balancer(), server.api, server.secret)


@pytest.mark.parametrize("mode", ["500", "garbage", "empty", "truncated"])
def test_a_broken_server_is_not_added(start_simulator, new_balancer, mode):
    server = start_simulator("a")
    server.fault(mode)
    assert refused(new_balancer(), server.api, server.secret).err.startswith("plenary: not BBB: ")


def test_no_check_adds_what_is_not_there_yet(new_balancer):
    balancer = new_balancer()
    url = f"http://127.0.0.1:{free_port()}"
    balancer.command("server", "add", url, "--secret", "later", "--name", "later", "--no-check")
    (added,) = balancer.json("server", "list")
    assert (added["name"], added["state"]) == ("later", "ready")
    assert added["url"] == f"{url}/bigbluebutton/api"


def test_url_may_be_given_with_or_without_the_path(start_simulator, new_balancer):
    server = start_simulator("a")
    base = f"http://127.0.0.1:{server.port}"
    for number, url in enumerate([base, f"{base}/", f"{base}/bigbluebutton", f"{base}/bigbluebutton/", f"{server.api}/"]):
        balancer = new_balancer()
        balancer.command("server", "add", url, "--secret", server.secret, "--name", f"n{number}")
        assert balancer.json("server", "list")[0]["url"] == server.api, url


def test_duplicates_are_refused(start_simulator, new_balancer):
    first, second = start_simulator("a"), start_simulator("b")
    balancer = new_balancer()
    balancer.add(first)
    same_url = balancer.command("server", "add", first.api, "--secret", first.secret, "--name", "other", code=1)
    same_name = balancer.command("server", "add", second.api, "--secret", second.secret, "--name", "a", code=1)
    for printed in (same_url, same_name):
        assert "already" in printed.err and "plenary server show a" in printed.err
    assert "URL" in same_url.err and "name" in same_name.err
    assert [server["name"] for server in balancer.json("server", "list")] == ["a"]


def test_the_secret_may_come_from_a_file_or_standard_input(start_simulator, new_balancer, tmp_path):
    first, second = start_simulator("a"), start_simulator("b")
    balancer = new_balancer()
    file = tmp_path / "secret"
    file.write_text(first.secret + "\n")
    balancer.command("server", "add", first.api, "--secret-file", str(file), "--name", "a")
    balancer.command("server", "add", second.api, "--secret-file", "-", "--name", "b", stdin=second.secret + "\n")
    assert {server["name"] for server in balancer.json("server", "list")} == {"a", "b"}
    assert balancer.command("server", "add", second.api, code=64).err


@pytest.mark.parametrize("url", ["", "not a url", "ftp://127.0.0.1", "http://", "127.0.0.1:http"])
def test_what_is_no_url_is_refused(new_balancer, url):
    balancer = new_balancer()
    printed = balancer.command("server", "add", url, "--secret", "some-secret", code=None)
    assert printed.code not in (0, 70) and printed.err
    # Not even a database was made.
    listed = balancer.command("server", "list", code=1)
    assert "there is no database" in listed.err


def test_a_name_that_is_a_number_is_refused(new_balancer):
    """`server panic 2` would mean two servers."""
    balancer = new_balancer()
    arguments = ("server", "add", f"http://127.0.0.1:{free_port()}", "--secret", "some", "--no-check", "--name")
    printed = balancer.command(*arguments, "2", code=64)
    assert printed.out == "" and "number" in printed.err
    assert balancer.command(*arguments, "2b").err == ""


def test_a_server_that_would_call_itself_back_is_warned_of(new_balancer):
    balancer = new_balancer()
    arguments = ("server", "add", "https://bbb1.example.org", "--secret", "some", "--no-check")
    printed = balancer.command(*arguments, "--json")
    assert "PLENARY_CALLBACKS_URL" in printed.err and printed.json["name"] == "bbb1"
    balancer.environment["PLENARY_CALLBACKS_URL"] = "http://10.0.0.5:8080"
    assert balancer.command(*arguments[:2], "https://bbb2.example.org", *arguments[3:]).err == ""
