package import BigBlueButton

/// Recordings: how they come to be, and the calls about them (`bbb-api.md` 6.1 to 6.4).
extension SimulatedBBB {
    /// Gives the server a recording; one of the same id is replaced.
    package mutating func addRecording(_ recording: SimulatedRecording) {
        recordings.removeAll { $0.recordID == recording.recordID }
        recordings.append(recording)
    }

    /// A recording is ready: it is published, and whoever waits for it is told, once for each format (`bbb-api.md`
    /// 10.2).
    ///
    /// A second time is a reprocessing: everybody is told again.
    ///
    /// - Parameter formats: `nil`: those that it has, or a presentation.
    /// - Returns: whether there is such a recording that is not deleted.
    @discardableResult
    package mutating func publishRecording(_ recordID: String, formats: [String]? = nil, at now: WireTime) -> Bool {
        tell(now)
        guard let position = recordings.firstIndex(where: { $0.recordID == recordID && $0.state != .deleted }) else {
            return false
        }
        var recording = recordings[position]
        if let formats {
            recording.formats = formats.map { recording.format($0) }
        } else if recording.formats.isEmpty {
            recording.formats = [recording.format("presentation")]
        }
        recording.state = .published
        recordings[position] = recording
        for format in recording.formats {
            fireReady(recording)
            emit(.publishEnded(recording, format), at: now)
        }
        return true
    }

    /// Somebody pressed record, so that there is something to make a recording of.
    ///
    /// - Returns: whether there is such a meeting.
    @discardableResult
    package mutating func setRecordingMarks(_ isMarked: Bool = true, of id: MeetingID) -> Bool {
        guard let position = position(ofExternal: id.rawValue) else { return false }
        meetings[position].hasRecordingMarks = isMarked
        return true
    }

    mutating func answerRecordingCall(_ call: Call) throws(Refusal) -> SimulatedResponse {
        switch call.name {
        case .getRecordings:
            try verifyByQuery(call)
            return getRecordings(call.parameters)
        case .publishRecordings where call.method == .get: return try publishRecordings(call)
        case .deleteRecordings where call.method == .get: return try deleteRecordings(call)
        case .updateRecordings: return try updateRecordings(call)
        default: throw .unsupportedRequest
        }
    }

    /// In every version these calls hash the query as it came, or nothing; a form adds parameters only (`bbb-api.md`
    /// 2.6).
    func verifyByQuery(_ call: Call) throws(Refusal) {
        var query = call.rawQuery
        if Parameters(parsing: query)["checksum"] == nil {
            let checksum = FormCoding.encode(call.parameters["checksum"] ?? "")
            query += (query.isEmpty ? "" : "&") + "checksum=\(checksum)"
        }
        guard Call(call.name, rawQuery: query).signer(among: [secret], policy: policy) != nil else {
            throw Self.wrongChecksum(of: call.name)
        }
    }

    // MARK: getRecordings

    /// Pages are cut from the formats, before those of one recording are put together: a recording can be spread over
    /// two pages, and counts as often as it has formats.
    private func getRecordings(_ given: Parameters) -> SimulatedResponse {
        guard let wanted = SimulatedRecordingFilter(given) else { return .crash }
        guard listsAllRecordings || !wanted.wantsEverything else {
            return .xml(
                XMLWriter.response(.success) {
                    $0.element("messageKey", "noRecordings")
                    $0.element(
                        "message", "No recordings found. This may occur if you attempt to retrieve all recordings.")
                })
        }
        let entries = recordings.filter { wanted.matches($0) }.flatMap(\.singleFormats)
        guard let limit = wanted.limit else { return .xml(list(Self.merged(entries[...]), pagination: nil)) }
        guard wanted.offset <= entries.count else { return .crash }
        let page = Self.merged(entries.dropFirst(wanted.offset).prefix(limit))
        return .xml(list(page, pagination: (offset: wanted.offset, limit: limit, total: entries.count)))
    }

    private static func merged(_ entries: ArraySlice<SimulatedRecording>) -> [SimulatedRecording] {
        entries.reduce(into: []) { merged, entry in
            if merged.last?.recordID == entry.recordID {
                merged[merged.count - 1].formats += entry.formats
            } else {
                merged.append(entry)
            }
        }
    }

    private func list(
        _ page: [SimulatedRecording], pagination: (offset: Int, limit: Int, total: Int)?
    ) -> [UInt8] {
        XMLWriter.response(.success) {
            $0.element("recordings") { for recording in page { recording.describe(into: &$0, root: root) } }
            if page.isEmpty {
                $0.element("messageKey", "noRecordings")
                $0.element("message", "There are no recordings for the meeting(s).")
            }
            if let pagination {
                $0.element("pagination") {
                    $0.element("pageable") {
                        $0.element("offset", pagination.offset)
                        $0.element("limit", pagination.limit)
                        $0.element("paged", true)
                        $0.element("unpaged", false)
                    }
                    $0.element("totalElements", pagination.total)
                    $0.element("empty", page.isEmpty)
                }
            }
        }
    }

    // MARK: Changes

    /// The ids in a call that changes recordings, checked in the order of `bbb-api.md` 6.2. One that exists is enough.
    private func verifyChange(_ call: Call) throws(Refusal) -> [String] {
        let given = call.parameters
        guard given.filled("checksum") != nil else { throw Self.wrongChecksum(of: call.name) }
        guard let list = given.filled("recordID") else {
            throw Refusal("missingParamRecordID", "You must specify a recordID.")
        }
        if call.name == .publishRecordings, given.filled("publish") == nil {
            throw Refusal("missingParamPublish", "You must specify a publish value true or false.")
        }
        try verifyByQuery(call)
        let ids = list.split(separator: ",").map(String.init)
        guard recordings.contains(where: { $0.isFinished && ids.contains($0.recordID) }) else {
            throw Refusal(.notFound, "We could not find recordings")
        }
        return ids
    }

    /// Ids are compared without case where something is done, exactly where it is looked whether they exist.
    private mutating func move(
        _ ids: [String], from states: Set<SimulatedRecording.State>, to state: SimulatedRecording.State
    ) {
        let wanted = Set(ids.map { $0.lowercased() })
        for index in recordings.indices
        where states.contains(recordings[index].state) && wanted.contains(recordings[index].recordID.lowercased()) {
            recordings[index].state = state
        }
    }

    /// The text of `publish` comes back as it was sent.
    private mutating func publishRecordings(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let ids = try verifyChange(call)
        let text = call.parameters.filled("publish") ?? ""
        if ["true", "y", "1"].contains(text.lowercased()) {
            move(ids, from: [.unpublished], to: .published)
        } else {
            move(ids, from: [.published], to: .unpublished)
        }
        return .xml(XMLWriter.response(.success) { $0.element("published", text) })
    }

    private mutating func deleteRecordings(_ call: Call) throws(Refusal) -> SimulatedResponse {
        move(try verifyChange(call), from: [.published, .unpublished], to: .deleted)
        return .xml(XMLWriter.response(.success) { $0.element("deleted", true) })
    }

    /// Every recording that begins with one of the ids is changed, also a deleted one, but none that has no metadata at
    /// all.
    private mutating func updateRecordings(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let ids = try verifyChange(call)
        let given = call.parameters
        for index in recordings.indices {
            let id = recordings[index].recordID
            guard !recordings[index].metadata.isEmpty, ids.contains(where: { id.hasPrefix($0) }) else { continue }
            for parameter in given.all {
                guard let name = Self.metadataName(parameter.name) else { continue }
                recordings[index].setMetadatum(name, to: given.filled(parameter.name))
            }
        }
        return .xml(XMLWriter.response(.success) { $0.element("updated", true) })
    }
}

extension SimulatedRecording {
    /// The recording once for each of its formats; one without any stands for itself.
    fileprivate var singleFormats: [SimulatedRecording] {
        guard formats.count > 1 else { return [self] }
        return formats.map { format in
            var single = self
            single.formats = [format]
            return single
        }
    }

    /// - Parameter value: `nil` takes it away.
    fileprivate mutating func setMetadatum(_ name: String, to value: String?) {
        guard let value else { return metadata.removeAll { $0.name == name } }
        if let position = metadata.firstIndex(where: { $0.name == name }) {
            metadata[position].value = value
        } else {
            metadata.append(.init(name: name, value: value))
        }
    }
}
