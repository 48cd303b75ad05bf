"""`Expect: 100-continue`: who waits for leave to send a long body gets it, when the body is going to be read."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from harness import fresh

FORM = "application/x-www-form-urlencoded"


def head(url: str, length: int, content_type: str) -> bytes:
    parts = urlsplit(url)
    lines = [
        f"POST {parts.path}?{parts.query} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Type: {content_type}",
        f"Content-Length: {length}",
        "Expect: 100-continue",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def until(connection: socket.socket, mark: bytes) -> bytes:
    received = b""
    while mark not in received:
        chunk = connection.recv(65_536)
        assert chunk, f"closed after {received!r}"
        received += chunk
    return received


def test_slides_of_a_signed_create_are_asked_for_at_once(start_fleet):
    fleet = start_fleet(1)
    meeting_id = fresh("expect")
    slides = b'<modules><module name="presentation"><document url="https://x.example/a.pdf"/></module></modules>'
    url = fleet.client.url("create", meetingID=meeting_id, name="Room")
    with socket.create_connection(("127.0.0.1", fleet.balancer.port), timeout=10) as connection:
        connection.sendall(head(url, len(slides), "application/xml"))
        # Nothing of the body is sent before leave is given: without it this waits until the time is over.
        assert until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.sendall(slides)
        answer = until(connection, b"</response>")
    assert answer.startswith(b"HTTP/1.1 200 ") and b"SUCCESS" in answer
    assert fleet.holder(meeting_id)


def test_a_body_that_is_not_going_to_be_read_is_refused_before_it_is_sent(start_fleet):
    fleet = start_fleet(1)
    url = f"{fleet.client.api}/create?meetingID=x"
    with socket.create_connection(("127.0.0.1", fleet.balancer.port), timeout=10) as connection:
        connection.sendall(head(url, 50_000_000, FORM))
        answer = until(connection, b"</response>")
    assert answer.startswith(b"HTTP/1.1 200 ") and b"validationError" in answer
