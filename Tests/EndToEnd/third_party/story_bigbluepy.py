"""bigbluepy. It sends every call as a POST without a body that calls itself XML, and signs what is not encoded yet."""

from bigbluepy import MainBBB

from stage import Stage, public

stage = Stage()


def fresh():
    """Its default parameters remember the checksum of the call before: a new one for each."""
    MainBBB.send_request.__defaults__[0].clear()
    return MainBBB(stage.api + "/", stage.secret).api


bbb = fresh()
settings = {"attendeePW": "ap", "moderatorPW": "mp", "voiceBridge": 710003, "maxParticipants": 20, "duration": 90}
stage.tell(bbb.createMeeting, "Story", "story-one", **settings, meta="nothing")
stage.tell(bbb.createMeeting, "Story", "story-one", **settings, meta="nothing")
stage.tell(bbb.createMeeting, "Other", "story-one", moderatorPW="other")
stage.tell(bbb.createMeeting, "Needs encoding & more", "story ünïcode", moderatorPW="mp")
stage.tell(bbb.createMeeting, "NoId", moderatorPW="mp", attendeePW="ap")
stage.tell(bbb.createMeeting, None, "story-nameless")
stage.tell(bbb.createMeeting, "Recorded", "story-recorded", record=True)
stage.tell(bbb.createMeeting, "Breakout", "story-breakout", isBreakout=True, parentMeetingID="scene-full", sequence=1)
for meeting, password in (("scene-full", "mp"), ("scene-full", "wrong"), ("story-unknown", "ap")):
    stage.tell_page("page", stage.tell(bbb.joinMeeting, "Ada", meeting, password, redirect=True))
stage.tell(bbb.joinMeeting, "Ada", "scene-full", "mp")
for meeting in ("scene-full", "scene-empty", "story-one", "story-unknown"):
    stage.tell(bbb.isMeetingRunning, meeting)
    stage.tell(bbb.getMeetingInfo, meeting)
stage.tell(bbb.getMeetings)
# The second time it signs its own checksum.
stage.tell(bbb.getMeetings)
bbb = fresh()
stage.tell(bbb.endMeeting, "story-one", "mp")
stage.tell(bbb.endMeeting, "story-unknown", "mp")
stage.tell(bbb.getMeetings)
stage.secret = "wrong"
stage.tell(fresh().getMeetings)
stage.end(public(bbb) - {"createVoiceBride", "createMeetingID"})
