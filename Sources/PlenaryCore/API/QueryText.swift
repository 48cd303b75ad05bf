internal import BigBlueButton

/// A parameter of a query, unescaped.
package struct QueryParameter: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The query of a request, as it stands behind the question mark.
package enum QueryText {
    /// Octets of a query; parameters in it.
    package static let longest = 16_384
    package static let mostParameters = 200

    /// - Throws: 414 `uri_too_long`; 400 `bad_request` when an escape is broken or there are too many parameters.
    package static func read(_ text: String) throws(Problem) -> [QueryParameter] {
        guard text.utf8.count <= longest else {
            throw Problem(.uriTooLong, "A query has at most \(longest) octets.")
        }
        var parameters: [QueryParameter] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = FormCoding.decode(parts[0]),
                let value = parts.count > 1 ? FormCoding.decode(parts[1]) : ""
            else { throw Problem(.badRequest, "The query has a broken escape.") }
            parameters.append(QueryParameter(name, value))
            guard parameters.count <= mostParameters else {
                throw Problem(.badRequest, "A query has at most \(mostParameters) parameters.")
            }
        }
        return parameters
    }

    package static func write(_ parameters: [QueryParameter]) -> String {
        parameters.map { "\(FormCoding.encode($0.name))=\(FormCoding.encode($0.value))" }.joined(separator: "&")
    }
}
