"""bbb-selenium-exporter: the meeting that its browsers enter. It always asks by HTTPS; nobody here has a
certificate."""

from urllib.parse import urlsplit

import bbb_selenium_exporter.bbb as exporter

from stage import Stage

stage = Stage()
with_https = exporter.requests.get


def plainly(url: str) -> str:
    return url.replace("https://", "http://", 1)


exporter.requests.get = lambda url, **given: with_https(plainly(url), **given)
host = urlsplit(stage.root).netloc
# It gives no name, which servers want since 2.4.
nameless = exporter.Meeting(host, stage.secret, "story-nameless")
stage.tell_as("enter", nameless.__enter__)
stage.tell_as("exit", nameless.__exit__)
# A meeting that is there already.
full = exporter.Meeting(host, stage.secret, "scene-full")
full._moderator_pw = "mp"
stage.tell_as("enter", full.__enter__)
stage.tell_page("page", plainly(full.join_url("Ada & Co")))
stage.tell_page("page", plainly(nameless.join_url("Ada")))
stage.tell_as("exit", full.__exit__)
stage.tell_as("exit", full.__exit__)
stage.tell_as("enter", exporter.Meeting(host, "wrong", "scene-full").__enter__)
stage.end({"enter", "exit", "page"})
