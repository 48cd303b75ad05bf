extension Schema {
    /// What was added to rooms later: files for their sessions, and what was changed by whom (`rooms-api.md` 7.6).
    static let roomRecords: [String] = [
        "INSERT INTO counters (name, value) VALUES ('room_presentation', 0)",

        // Shown in every session of the room, the oldest first.
        """
        CREATE TABLE room_presentations (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
            size {integer} NOT NULL CHECK (size > 0),
            content {blob} NOT NULL,
            created_at {integer} NOT NULL
        ){strict}
        """,
        "CREATE INDEX room_presentations_by_room ON room_presentations (room_id)",

        // Counted by room, so that the numbers tell nothing of other rooms. No values: some are secrets, and others are not ours
        // to keep. It goes with the room, like all of its history.
        """
        CREATE TABLE room_audit (
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            sequence {integer} NOT NULL CHECK (sequence > 0),
            changed_at {integer},
            actor_kind TEXT NOT NULL CHECK (length(actor_kind) > 0),
            actor_id TEXT,
            request_id TEXT,
            action TEXT NOT NULL CHECK (length(action) > 0),
            subject_id TEXT,
            members TEXT NOT NULL,
            PRIMARY KEY (room_id, sequence)
        ){strict}
        """,
    ]
}
