"""bbbmon: what it prints about meetings."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import bbbmon.bbbmon as bbbmon
import click

from stage import Stage, plain

stage = Stage()
# The runner has given the story a home of its own.
assert Path(os.environ["XDG_CONFIG_HOME"]).is_relative_to(os.environ["HOME"])
config = Path(f"{click.get_app_dir('bbbmon')}.properties")
config.parent.mkdir(parents=True, exist_ok=True)


def endpoint(name: str, secret: str) -> str:
    return f"[{name}]\nsecuritySalt={secret}\nbigbluebutton.web.serverURL={stage.root}/\n"


config.write_text(endpoint("front", stage.secret) + endpoint("wrong", "wrong"))


def run(name: str, *arguments: str, read=lambda out: out) -> None:
    stage.tell_command(f"bbbmon {name}", bbbmon.main, name, "--endpoint", "front", *arguments, read=read)


def as_json(out: str) -> list:
    return plain([plain(entry) for endpoints in json.loads(out) for entry in endpoints])


def as_xml(out: str) -> dict:
    root = ElementTree.fromstring(out)
    for element in root.iter():
        element.text = (element.text or "").strip()
    return plain(root)


for options in (
    (), ("--all",), ("--short",), ("--expanded", "-n", "3", "--presenter-id"), ("--twolines",),
    ("--twolines", "--fancy"), ("--sum",), ("--no-leaderboards", "--fancy"),
    ("--no-participants", "--no-meetings", "--no-presenter"),
):  # fmt: skip
    run("meetings", *options)
run("json", read=as_json)
run("json", "--compact", read=as_json)
run("raw", read=as_xml)
run("raw", "--compact", read=as_xml)
stage.tell_command("bbbmon wrong", bbbmon.main, "meetings", "--endpoint", "wrong")
# Its configuration is not the API.
stage.end({f"bbbmon {name}" for name in bbbmon.main.commands} - {"bbbmon config"})
