"""bbbctl: its commands, and the client class that it offers to others."""

import io
import sys
import webbrowser

import bbbctl

from stage import Stage, blocks, public

stage = Stage()
first, second, third = stage.recordings
access = ("--server", stage.root, "--secret", stage.secret)


def run(*arguments: str, shape: str = "human", read=blocks) -> str:
    words = [argument for argument in arguments if not argument.startswith("-")]
    name = " ".join(words[:1] if words[0] == "sign" else words[:2])
    return stage.tell_command(f"bbbctl {name}", bbbctl.main, *access, "--format", shape, *arguments, read=read)


settings = ("attendeePW=ap", "moderatorPW=mp", "voiceBridge=710003", "welcome=Hello & <b>welcome</b>")
options = ("--record", "--duration", "90", "--meta", "origin=a & b", "--lock", "cam,mic")
options += ("--disabledFeatures", "chat,polls")
links = run("meeting", "create", "story ünïcode & <1>", "Größe & <Maß>", *settings, *options, "--join", "Ada & Co")
run("meeting", "create", "story ünïcode & <1>", "Größe & <Maß>", *settings, *options, "--join", "Ada & Co")
run("meeting", "create", "story ünïcode & <1>", "Other", "moderatorPW=other")
run("meeting", "create", "x", "Too short an id")
stage.tell_page("page", links.rpartition(": ")[2].strip() if "http" in links else stage.root)
for mode in ((), ("--mod",)):
    stage.tell_page("page", run("meeting", "join", "scene-full", "Grace & Co", *mode).strip())
opened: list[str] = []
webbrowser.open_new_tab = opened.append
run("meeting", "join", "scene-full", "Hana", "--open")
for url in opened:
    stage.tell_page("page", url)
run("meeting", "join", "story-unknown", "Nobody")
for shape in ("human", "compact", "xml", "json", "jsonline"):
    run("meeting", "info", "scene-full", shape=shape)
run("meeting", "info", "story-unknown")
for shape in ("human", "compact", "jsonline"):
    run("meeting", "list", shape=shape)
run("meeting", "list", "--sort", "participantCount", "--no-user", read=lambda out: out)
run("meeting", "chat", "scene-full", "Hello & welcome", "--name", "The <system>")
run("meeting", "chat", "scene-empty", "Nobody is there")
run("meeting", "chat", "story-unknown", "Nobody is there")
run("meeting", "chat", "BROADCAST", "To all & everybody")

for shape in ("human", "compact", "jsonline"):
    run("record", "list", shape=shape)
run("record", "list", "--meeting", "scene-recorded-1")
for shape in ("human", "compact", "xml", "json"):
    run("record", "info", third, shape=shape)
run("record", "info", "unknown")
run("record", "unpublish", first)
run("record", "info", first)
run("record", "publish", first)
run("record", "publish", "unknown")
run("record", "delete", third)
run("record", "delete", third)
run("record", "list", shape="compact")

run("sign", "getMeetings", "a=b & c")
run("meeting", "end", "story ünïcode & <1>")
run("meeting", "end", "story ünïcode & <1>")
run("meeting", "nuke")
sys.stdin = io.StringIO("a\n")
run("meeting", "nuke", "--doit", "--ask", read=lambda out: blocks(out.replace("End this meeting? [Yna] ", "")))
run("meeting", "list")
stage.tell_command("bbbctl wrong", bbbctl.main, "--server", stage.root, "--secret", "wrong", "meeting", "list")

# The class, where the commands do not get to.
api = bbbctl.BBBApiClient(stage.root, stage.secret)
stage.tell(api.createMeeting, "story-class", "From a program", attendeePW="ap", moderatorPW="mp", voiceBridge="710004")
stage.tell_page("page", stage.tell(api.getJoinLink, "story-class", "Ada", role="MODERATOR"))
stage.tell(api.getMeetingInfo, "story-class")
stage.tell(api.getMeetings)
stage.tell(api.sendChatMessage, "story-class", "Hello & welcome")
stage.tell(api.end, "story-class", password="mp")
stage.tell(api.getRecordings, state="any")
stage.tell(api.publishRecordings, second, "false")
stage.tell(api.deleteRecordings, second)
stage.tell(api.call, "getSessions")
stage.tell(api.call, "isMeetingRunning", meetingID="story-class")
stage.tell(api.makeurl, "getMeetings", a="b")
commands = {"record": "list info publish unpublish delete", "meeting": "list info create join chat end nuke"}
every = {f"bbbctl {group} {name}" for group, names in commands.items() for name in names.split()}
stage.end(every | {"bbbctl sign"} | public(api))
