internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `getServers` (`balancer.md` 6): the servers in the order of their numbers, with their state in the words of monitoring.
    func getServers() async -> [UInt8] {
        let servers = store.roster { $0.servers.values.sorted { $0.id < $1.id } }
        // All at once: a name that cannot be resolved costs its own time only.
        let places = await withTaskGroup(of: (ServerID, GeoLocation?).self) { group in
            for server in servers {
                group.addTask { (server.id, await self.settings.locate(server.endpoint.url.host)) }
            }
            return await group.reduce(into: [ServerID: GeoLocation]()) { $0[$1.0] = $1.1 }
        }
        return XMLWriter.response(.success) { writer in
            writer.element("servers") { writer in
                for server in servers { describe(server, places[server.id], into: &writer) }
            }
        }
    }

    private func describe(_ server: Server, _ place: GeoLocation?, into writer: inout XMLWriter) {
        let (status, isDisabled) = withState { state in
            let member = state.health.members[server.id]
            let eligibility = Eligibility(server.administrative, member?.state ?? .unchecked, panic: false)
            return (Self.status(member?.state ?? .unchecked, member?.lastFault), eligibility != .eligible)
        }
        writer.element("server") { writer in
            writer.element("name", server.name.text)
            writer.element("address", server.endpoint.url.host)
            writer.element("url", server.endpoint.url.root)
            if !isDisabled { writer.element("apiUrl", server.endpoint.url.text) }
            writer.element("status", status)
            writer.element("disableState", server.administrative.disableState)
            writer.element("geoloc") { writer in
                let place = place ?? GeoLocation(ip: "")
                writer.element("address", server.endpoint.url.host)
                for (name, value) in [
                    ("ip", place.ip), ("countryCode", place.countryCode), ("countryCode3", place.countryCode3),
                    ("countryName", place.countryName), ("city", place.city), ("latitude", place.latitude),
                    ("longitude", place.longitude), ("continentCode", place.continentCode),
                ] {
                    if value.isEmpty { writer.empty(name) } else { writer.element(name, value) }
                }
            }
            writer.element("isDisabled", isDisabled)
        }
    }

    /// 0 undefined, 1 pending, 2 up, 3 down, 4 unreachable (RELIABILITY 0).
    private static func status(_ state: HealthState, _ fault: HealthFault?) -> Int {
        switch state {
        case .unchecked: 0
        case .suspect: 1
        case .online: 2
        case .offline: if case .answersWrongly = fault { 3 } else { 4 }
        }
    }
}

extension AdministrativeState {
    /// 0 forcibly enabled, 1 forcibly disabled, 3 automatic.
    fileprivate var disableState: Int {
        switch self {
        case .force: 0
        case .drain, .maintenance: 1
        case .ready: 3
        }
    }
}
