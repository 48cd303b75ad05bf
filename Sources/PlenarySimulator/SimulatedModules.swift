internal import BigBlueButton

/// The documents in the body of `create` and `insertDocument` (`bbb-api.md` 9).
struct SimulatedModules {
    /// `nil`: there is no presentation module.
    private(set) var documents: [SimulatedDocument]?

    /// - Returns: `nil` when the body is a malformed document.
    init?(_ body: Call.Body) {
        guard case .document(let octets, _) = body else { return }
        let root: XMLElement
        do throws(XMLFault) { root = try XMLReader.read(octets, limits: XMLLimits(size: 64 << 20)) } catch {
            return nil
        }
        // A later module of the same name replaces the earlier.
        guard let module = root.children.last(where: { $0.attribute("name") == "presentation" }) else { return }
        documents = module.children(named: "document").compactMap(Self.document)
    }

    private static func document(_ element: XMLElement) -> SimulatedDocument? {
        let isCurrent = element.attribute("current")?.lowercased() == "true"
        if let url = element.attribute("url"), !url.isEmpty {
            let name = element.attribute("filename") ?? fileName(of: url)
            // Without an extension nobody knows what to make of it: it is skipped, silently.
            return name.contains(".") ? SimulatedDocument(name: name, url: url, isCurrent: isCurrent) : nil
        }
        guard let name = element.attribute("name"), !name.isEmpty else { return nil }
        return SimulatedDocument(name: name, url: nil, isCurrent: isCurrent)
    }

    private static func fileName(of url: String) -> String {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        return path.split(separator: "/").last.map(String.init) ?? ""
    }

    /// In the order in which a new meeting shows them: the one marked as current, or the first, comes first and is current.
    func documentsOfNewMeeting(_ given: Parameters) -> [SimulatedDocument] {
        var all = documents ?? []
        if let url = given.nonEmpty("preUploadedPresentation") {
            let name = given.nonEmpty("preUploadedPresentationName") ?? Self.fileName(of: url)
            all.insert(SimulatedDocument(name: name.isEmpty ? "untitled" : name, url: url, isCurrent: false), at: 0)
        }
        guard !all.isEmpty else { return [] }
        let first = all.remove(at: all.firstIndex(where: \.isCurrent) ?? 0)
        all.insert(first, at: 0)
        for index in all.indices { all[index].isCurrent = index == 0 }
        return all
    }
}
