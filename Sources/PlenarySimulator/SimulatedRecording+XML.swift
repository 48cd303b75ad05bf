internal import BigBlueButton

/// How a recording is told (`bbb-api.md` 6.1).
extension SimulatedRecording {
    /// - Parameter root: scheme and authority of the server, put before paths.
    func describe(into xml: inout XMLWriter, root: String) {
        xml.element("recording") {
            $0.element("recordID", recordID)
            $0.element("meetingID", meetingID)
            $0.element("internalMeetingID", internalMeetingID)
            $0.element("name", name)
            $0.element("isBreakout", isBreakout)
            $0.element("published", state == .published)
            $0.element("state", state.rawValue)
            $0.element("startTime", startTime.description)
            $0.element("endTime", endTime.description)
            $0.element("participants", participants)
            $0.element("rawSize", rawSize)
            $0.element("metadata") { for item in metadata { $0.element(item.name, item.value) } }
            describeBreakouts(into: &$0)
            $0.element("size", formats.reduce(0) { $0 + $1.size })
            $0.element("playback") { for format in formats { format.describe(into: &$0, root: root) } }
            $0.element("data", "")
        }
    }

    private func describeBreakouts(into xml: inout XMLWriter) {
        if let breakout {
            xml.element("breakout") {
                $0.element("parentId", breakout.parentID.rawValue)
                $0.element("sequence", breakout.sequence)
                $0.element("freeJoin", breakout.freeJoin)
            }
        }
        if !breakoutRooms.isEmpty {
            xml.element("breakoutRooms") { for room in breakoutRooms { $0.element("breakoutRoom", room.rawValue) } }
        }
    }
}

extension SimulatedRecording.Format {
    fileprivate func describe(into xml: inout XMLWriter, root: String) {
        xml.element("format") {
            $0.element("type", type)
            $0.element("url", url.absolute(on: root))
            $0.element("processingTime", processingTime)
            $0.element("length", length)
            $0.element("size", size)
            if !images.isEmpty {
                $0.element("preview") {
                    $0.element("images") { for image in images { image.describe(into: &$0, root: root) } }
                }
            }
        }
    }
}

extension SimulatedRecording.Image {
    fileprivate func describe(into xml: inout XMLWriter, root: String) {
        let attributes = "width=\"\(width)\" height=\"\(height)\" alt=\"\(alt.markupEscaped)\""
        xml.raw("<image \(attributes)>\(url.absolute(on: root).markupEscaped)</image>".utf8)
    }
}

extension String {
    /// A path as a URL on a server; what is a URL already stays.
    fileprivate func absolute(on root: String) -> String { hasPrefix("/") ? root + self : self }
}
