/// Limits of a subscription on what is made or started (`rooms-api.md` 14). All accounts of a subscription share them.
package enum Quota {
    package enum Verdict: Sendable, Hashable {
        case allowed
        case refused(QuotaRefusal)
    }

    /// Whether so many more fit under a limit.
    ///
    /// A limit that was lowered below what is used ends nothing; it only lets nothing new in.
    ///
    /// - Parameters:
    ///   - limit: of the feature `code`; `nil`: none.
    ///   - used: what there is; inactive things count.
    ///   - requested: how many more. Who wants none always gets it.
    package static func judge(_ code: FeatureCode, limit: Int?, used: Int, requested: Int = 1) -> Verdict {
        guard let limit, requested > 0, requested > max(0, limit) - max(0, used) else { return .allowed }
        return .refused(QuotaRefusal(code: code, value: limit, used: used, requested: requested))
    }
}

/// Why something would be too much: the member `limit` of the answer.
package struct QuotaRefusal: Error, Sendable, Hashable {
    package let code: FeatureCode
    /// The limit.
    package let value: Int
    package let used: Int
    package let requested: Int

    package init(code: FeatureCode, value: Int, used: Int, requested: Int) {
        self.code = code
        self.value = value
        self.used = used
        self.requested = requested
    }

    /// The word of the catalogue of errors: what exists is limited (403), what runs at once is a capacity (409).
    package var problem: String {
        switch code {
        case .maxConnections, .maxConcurrentSessions: "capacity_exhausted"
        default: "limit_exceeded"
        }
    }
}

extension FeatureSet {
    /// Whether these features leave room for so many more.
    package func judge(_ code: FeatureCode, used: Int, requested: Int = 1) -> Quota.Verdict {
        Quota.judge(code, limit: limit(of: code), used: used, requested: requested)
    }
}
