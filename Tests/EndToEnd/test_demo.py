"""`plenary demo`: one command, and the links it prints work."""

from __future__ import annotations

import re
import signal
import time

import pytest
import requests

from harness import LONGEST_START, Client, Process, must_be_loopback


def guide(demo: Process) -> tuple[str, dict[str, str]]:
    """What the demo prints, until both links were read: the text, and the links by the label before them."""
    lines: list[str] = []
    links: dict[str, str] = {}
    end = time.monotonic() + LONGEST_START
    while {"create", "join"} - set(links):
        lines.append(demo.line(max(0.1, end - time.monotonic())).strip())
        if lines[-1].startswith("http"):
            label = next(line for line in reversed(lines[:-1]) if line)
            links[label.rstrip(":").split()[-1].lower()] = lines[-1]
    return "\n".join(lines), links


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_printed_links_work(new_balancer, sent):
    balancer = new_balancer(PLENARY_LISTEN="127.0.0.1:0")
    del balancer.environment["PLENARY_SECRET"]
    demo = balancer.spawn("demo", reads_stdout=True)
    text, links = guide(demo)
    for link in links.values():
        must_be_loopback(link)

    created = requests.get(links["create"], timeout=20)
    assert created.status_code == 200 and "<returncode>SUCCESS</returncode>" in created.text, created.text
    with requests.Session() as browser:
        page = browser.get(links["join"], timeout=20)
    assert page.status_code == 200 and page.history and page.history[0].status_code == 302
    must_be_loopback(page.url)

    # API URL and secret as printed are those of a client.
    api = re.search(r"API URL\s+(\S+)", text)[1]
    secret = re.search(r"secret\s+(\S+)", text, re.IGNORECASE)[1]
    client = Client(api, secret)
    meeting_id = re.search(r"meetingID=([^&]+)", links["create"])[1]
    assert meeting_id in client.listed()
    assert client.is_running(meeting_id)
    assert demo.end(sent) == 0
    # Nothing is kept.
    assert not balancer.database.exists()
