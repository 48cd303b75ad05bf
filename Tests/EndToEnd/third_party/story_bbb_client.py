"""bbb-client: its commands, and the class under them."""

import os

from bbb_client.domain.meeting_management.model import Bbb, Features, MeetingFilters
from bbb_client.entry_points import cli
from bbb_client.infrastructure.click.bbb import meetings as commands

from stage import Stage, blocks, public

stage = Stage()
os.environ |= {"BBB_API_URL": stage.api, "BBB_API_SECRET": stage.secret}


def run(name: str, *arguments: str) -> str:
    return stage.tell_command(f"bbb {name}", cli, "meetings", name, *arguments, read=blocks)


run("create", "story ünïcode & <1>", "Größe & <Maß>", "-M", "mp", "-A", "ap", "-P", "20", "-E", "chat,polls")
run("create", "story ünïcode & <1>", "Größe & <Maß>", "-M", "mp", "-A", "ap", "-P", "20", "-E", "chat,polls")
run("create", "story-nameless")
run("create", "x", "--list-features")
for arguments in (("scene-full", "Ada & Co"), ("scene-full", "Grace", "--moderator"), ("story-unknown", "Nobody")):
    stage.tell_page("page", run("join", *arguments).strip())
run("list")
run("stats")
for filters in (("voiceBridge=710001",), ("voiceBridge=1",), ("nonsense=1", "voiceBridge")):
    run("search", *filters)
for meeting in ("scene-full", "scene-empty", "story-unknown"):
    run("show", meeting)
run("end", "story ünïcode & <1>")
run("end", "story ünïcode & <1>")
run("list")

bbb = Bbb(stage.api, stage.secret)
every_feature = list(Features)
stage.tell(bbb.create_meeting, "story-class", "By class", "mp", "ap", 20, "http://127.0.0.1/bye", every_feature)
stage.tell(bbb.create_meeting, "story-class", "By class", "mp", "ap", 20, "http://127.0.0.1/bye", every_feature)
stage.tell(bbb.create_meeting, "story-class", "Other", "other")
stage.tell_page("page", stage.tell(bbb.generate_join_url, "story-class", "Ada", True))
# Where a failed join leads is up to the caller.
stage.tell(bbb.generate_join_url, "story-unknown", "Ada", False, "http://127.0.0.1/failed")
stage.tell(bbb.get_meeting_info, "story-class")
stage.tell(bbb.get_meeting_info, "story-unknown")
stage.tell(bbb.get_meetings)
stage.tell(bbb.get_meetings, MeetingFilters("710001"))
stage.tell(bbb.end_meeting, "story-class")
stage.tell(bbb.end_meeting, "story-class")
stage.tell(bbb.get_meetings)
stage.tell(Bbb(stage.api, "wrong").get_meetings)
stage.tell(Bbb(stage.api, "wrong").get_meeting_info, "scene-full")
os.environ["BBB_API_SECRET"] = "wrong"
run("list")
stage.end(public(bbb) | {f"bbb {name}" for name in commands.commands})
