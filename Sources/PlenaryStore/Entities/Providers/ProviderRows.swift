internal import BigBlueButton
internal import PlenaryCore

enum ProviderRows {
    private static let columns = """
        SELECT id, public_id, uuid, ulid, type, created_at, updated_at, name, is_active, is_pending, host_url, server_tag,
            secret, key_id, metadata, state, checked_at, failures, credits, latency_ms, version, version_check,
            tls_checked_at, tls_fault, tls_not_after, tls_issuer
        FROM service_providers
        """

    static func provider(_ connection: any SQLConnection, _ number: ProviderNumber) throws -> ServiceProvider? {
        try found(connection, "WHERE id = $1", [.integer(number.number)]).first
    }

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [ServiceProvider]
    {
        try connection.query("\(columns) \(condition)", values).map { try read($0, connection) }
    }

    /// In how many packages and subscriptions it is the default.
    static func defaults(_ connection: any SQLConnection, of number: ProviderNumber) throws -> Int {
        let packages = try CommerceRows.count(
            connection, "SELECT COUNT(*) FROM package_providers WHERE provider_id = $1 AND is_default = 1",
            number.number)
        return try packages
            + CommerceRows.count(
                connection, "SELECT COUNT(*) FROM subscription_providers WHERE provider_id = $1 AND is_default = 1",
                number.number)
    }

    /// All but the secret, which is sealed on its way.
    static func row(of details: ServiceProviderDetails) -> [CommerceColumn] {
        var row: [CommerceColumn] = [
            ("name", .text(details.name)), ("is_active", .integer(details.isActive ? 1 : 0)),
            ("is_pending", .integer(details.isPending ? 1 : 0)), ("metadata", .text(details.metadata.json)),
        ]
        switch details.properties {
        case .server(let url, _):
            row.append(("host_url", .text(url.given)))
            row.append(("api_url", .text(url.api.text)))
        case .fleet(let tag): row.append(("server_tag", SQLValue(tag)))
        }
        return row
    }

    static func row(of health: ProviderHealth) -> [CommerceColumn] {
        let tls = health.tls
        return [
            ("state", .text(health.state.rawValue)), ("checked_at", SQLValue(health.checkedAt?.milliseconds)),
            ("failures", .integer(Int64(health.failures))), ("credits", .integer(Int64(health.credits))),
            ("latency_ms", SQLValue(health.latency.map { Int64($0) })), ("version", SQLValue(health.version)),
            ("version_check", SQLValue(health.versionCheck?.rawValue)),
            ("tls_checked_at", SQLValue(tls?.checkedAt.milliseconds)),
            ("tls_fault", SQLValue(tls?.fault?.rawValue)),
            ("tls_not_after", SQLValue(tls?.notAfter?.milliseconds)), ("tls_issuer", SQLValue(tls?.issuer)),
        ]
    }

    private static func read(_ row: SQLRow, _ connection: any SQLConnection) throws -> ServiceProvider {
        var reader = ColumnReader(row)
        let number = ProviderNumber(try reader.integer())
        let identity = try reader.identity()
        let type: ProviderType = try reader.word("type of a provider")
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let name = try reader.text()
        let (isActive, isPending) = (try reader.flag(), try reader.flag())
        let (hostURL, tag) = (try reader.optionalText(), try reader.optionalText())
        let (sealed, key) = (try reader.optionalText(), try reader.optionalText())
        let metadata = try reader.metadata()
        let properties: ProviderProperties
        if let hostURL, let sealed {
            let secret = try SealedRows.readable(
                connection, sealed, key: key, of: SealedRows.place(provider: number.number))
            properties = .server(try self.url(hostURL), secret: secret)
        } else {
            properties = .fleet(serverTag: tag)
        }
        return ServiceProvider(
            number: number, identity: identity, type: type,
            details: ServiceProviderDetails(
                name: name, isActive: isActive, isPending: isPending, properties: properties, metadata: metadata),
            health: try readHealth(&reader), createdAt: createdAt, updatedAt: updatedAt)
    }

    private static func url(_ text: String) throws(StoreFault) -> HostURL {
        do throws(HostURL.Fault) { return try HostURL(text) } catch { throw .unreadable("address of a provider") }
    }

    private static func readHealth(_ reader: inout ColumnReader) throws -> ProviderHealth {
        let state: ProviderState = try reader.word("state of a provider")
        let checkedAt = try reader.optionalTime()
        let (failures, credits) = (Int(try reader.integer()), Int(try reader.integer()))
        let latency = try reader.optionalInteger().map { Int($0) }
        let version = try reader.optionalText()
        let versionCheck = try reader.optionalText().flatMap { ProviderVersion.Check(rawValue: $0) }
        let tlsCheckedAt = try reader.optionalTime()
        let fault = try reader.optionalText().flatMap { CertificateFault(rawValue: $0) }
        let notAfter = try reader.optionalTime()
        let issuer = try reader.optionalText()
        let tls = tlsCheckedAt.map { checkedAt in
            ProviderTLS(fault: fault, notAfter: notAfter, issuer: issuer, checkedAt: checkedAt)
        }
        return ProviderHealth(
            state: state, checkedAt: checkedAt, failures: failures, credits: credits, latency: latency,
            version: version, versionCheck: versionCheck, tls: tls)
    }
}
