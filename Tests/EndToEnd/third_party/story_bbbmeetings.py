"""bbbmeetings: a server, and several as one."""

from bbbmeetings import BBBServer, BBBServers, Meeting

from stage import Stage

stage = Stage()
UNTOLD = {"longest_duration"}


def properties(of: type) -> list[str]:
    return [name for name in dir(of) if isinstance(getattr(of, name), property)]


def look_at(what: BBBServer | BBBServers) -> None:
    name = type(what).__name__
    for server in getattr(what, "servers", [what]):
        # Where two are equal the first one counts: servers list them in no order.
        server._meetings.sort(key=lambda meeting: meeting.meetingID)
    for which in properties(type(what)):
        # How long something lasts depends on when one looks.
        read = (lambda: getattr(what, which) is not None) if which in UNTOLD else (lambda: getattr(what, which))
        stage.tell_as(f"{name}.{which}", read)


server = BBBServer(stage.root, stage.secret)
stage.tell_as("BBBServer.update_meetings", lambda: server.update_meetings().n_meetings)
look_at(server)
for meeting in sorted(server.meetings, key=lambda meeting: meeting.meetingID):
    for which in properties(Meeting):
        stage.tell_as(f"Meeting.{which}", lambda: getattr(meeting, which))
several = BBBServers.from_list([server, BBBServer.from_dict({"host": stage.root, "secret": "wrong"})])
stage.tell_as("BBBServers.update_meetings", lambda: several.update_meetings().n_meetings)
look_at(several)
stage.tell_as("BBBServers.add", lambda: several.add(server))
every = {f"{of.__name__}.{name}" for of in (BBBServer, BBBServers, Meeting) for name in properties(of)}
stage.end(every | {"BBBServer.update_meetings", "BBBServers.update_meetings", "BBBServers.add"})
