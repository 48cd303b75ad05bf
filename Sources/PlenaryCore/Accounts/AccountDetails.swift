/// What people may change of an account (`rooms-api.md` 4). Everything else is the platform's, or never changes.
package struct AccountDetails: Sendable, Hashable {
    package var name: String
    /// Free labels.
    package var code: String?
    package var tag: String?
    /// `status`: whether it is `active`.
    package var isActive: Bool
    package var metadata: Metadata

    package init(
        name: String, code: String? = nil, tag: String? = nil, isActive: Bool = true, metadata: Metadata = .empty
    ) {
        self.name = name
        self.code = code
        self.tag = tag
        self.isActive = isActive
        self.metadata = metadata
    }

    /// - Throws: everything that is wrong.
    package func check() throws(ValidationFault) {
        var check = FieldCheck()
        check.text(name, "account_name", longest: 200)
        for (text, field) in [(code, "code"), (tag, "tag")] {
            if let text { check.text(text, field, longest: 100) }
        }
        for fault in metadata.faults("account_metadata") { check.note(fault.field, fault.code, fault.rule) }
        try check.finish()
    }
}
