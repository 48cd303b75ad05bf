extension Schema {
    /// What is known of recordings of rooms, which stay at the providers that made them (`rooms-api.md` 7.6, 14).
    static let recordings: [String] = [
        "INSERT INTO counters (name, value) VALUES ('room_recording', 0), ('recording_source', 0)",

        // The account keeps what a room leaves behind that is deleted. `formats` is JSON, as the API shows them. One that was
        // deleted stays for a while, so that an old answer of its provider does not bring it back.
        """
        CREATE TABLE room_recordings (
            id {integer} NOT NULL PRIMARY KEY,
            account_id {integer} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            room_id {integer} REFERENCES rooms (id) ON DELETE SET NULL,
            room_public_id TEXT NOT NULL CHECK (length(room_public_id) = 10),
            meeting_id TEXT NOT NULL CHECK (length(meeting_id) > 0),
            provider_public_id TEXT NOT NULL CHECK (length(provider_public_id) > 0),
            record_id TEXT NOT NULL CHECK (length(record_id) > 0),
            internal_id TEXT,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            participants {integer},
            size {integer} CHECK (size >= 0),
            formats TEXT NOT NULL,
            started_at {integer},
            ended_at {integer},
            first_seen_at {integer} NOT NULL,
            changed_at {integer} NOT NULL,
            deleted_at {integer},
            told_ready {integer},
            told_expiring {integer},
            UNIQUE (provider_public_id, record_id)
        ){strict}
        """,
        // With what is added up.
        "CREATE INDEX room_recordings_by_account ON room_recordings (account_id, deleted_at, size)",
        // With what those are found by that no room has any more.
        "CREATE INDEX room_recordings_by_room ON room_recordings (room_id, room_public_id)",
        "CREATE INDEX room_recordings_by_meeting ON room_recordings (provider_public_id, meeting_id)",
        "CREATE INDEX room_recordings_deleted ON room_recordings (deleted_at) WHERE deleted_at IS NOT NULL",

        // Who is asked for the recordings of a room, and when the next time. It outlives the room, whose recordings may.
        """
        CREATE TABLE recording_sources (
            id {integer} NOT NULL PRIMARY KEY,
            account_id {integer} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            room_id {integer} REFERENCES rooms (id) ON DELETE SET NULL,
            room_public_id TEXT NOT NULL CHECK (length(room_public_id) = 10),
            meeting_id TEXT NOT NULL CHECK (length(meeting_id) > 0),
            provider_public_id TEXT NOT NULL CHECK (length(provider_public_id) > 0),
            ended_at {integer} NOT NULL,
            asked_at {integer},
            due_at {integer},
            UNIQUE (provider_public_id, meeting_id)
        ){strict}
        """,
        "CREATE INDEX recording_sources_due ON recording_sources (provider_public_id, due_at) WHERE due_at IS NOT NULL",
        "CREATE INDEX recording_sources_by_room ON recording_sources (room_id)",
        "CREATE INDEX recording_sources_by_account ON recording_sources (account_id)",
        "CREATE INDEX recording_sources_by_meeting ON recording_sources (meeting_id)",

        // Sessions that ended before there was a catalogue. Their numbers are those of their last sessions, each of one room.
        """
        INSERT INTO recording_sources
            (id, account_id, room_id, room_public_id, meeting_id, provider_public_id, ended_at, due_at)
        SELECT MAX(x.id), r.account_id, r.id, r.public_id, x.meeting_id, x.provider_public_id, MAX(x.ended_at), 0
        FROM room_sessions AS x JOIN rooms AS r ON r.id = x.room_id
        WHERE x.state = 'ended' AND x.provider_public_id IS NOT NULL AND x.started_at IS NOT NULL
        GROUP BY r.account_id, r.id, r.public_id, x.meeting_id, x.provider_public_id
        """,
        """
        UPDATE counters SET value = (SELECT COALESCE(MAX(id), 0) FROM recording_sources)
        WHERE name = 'recording_source'
        """,
    ]
}
