internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// The Integration API of an account and its reservations (`rooms-api.md` 15.9).
enum IntegrationAPIRoutes {
    private static let schema = IntegrationResource.schema
    private static let reservationSchema = ReservationResource.schema
    private static let base = "/accounts/{account_id}"

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                show(platform), change(platform), rotate(platform), listReservations(platform),
                changeReservation(platform), removeReservation(platform), capacity(platform),
            ], schemas: IntegrationAPISchemas.all)
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "\(base)/integration-api", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "Show how programs reach an account; without credentials while that is off",
                answer: "IntegrationAPI", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let account = try await owned(request).account
            return request.answer(shown(account, request), state: state(account), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "\(base)/integration-api", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "Switch it on or off, and set defaults of its calls; what runs goes on",
                body: "IntegrationAPIChange", answer: "IntegrationAPI",
                problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let owned = try await owned(request)
            let isOperator = try request.caller.isPlatform
            let body = try request.object()
            let before = shown(owned.account, request)
            let account = try await platform.updateIntegration(of: owned, now: request.now) { settings in
                try request.checkMatch(IntegrationResource.state(settings))
                settings = try IntegrationResource.settings(
                    from: body, changing: settings, shown: before, isOperator: isOperator)
            }
            return request.answer(shown(account, request), state: state(account))
        }
    }

    private static func rotate(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "\(base)/integration-api/rotate-secret", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "Make another secret; those before are valid for a while longer",
                body: "SecretRotation", answer: "IntegrationAPI", problems: [.validationFailed])
        ) { request in
            let owned = try await owned(request)
            let overlap = try IntegrationResource.overlap(from: try request.object())
            let account = try await platform.rotateSecret(of: owned, overlap: overlap, now: request.now)
            return request.answer(shown(account, request), state: state(account))
        }
    }

    // MARK: reservations

    private static func listReservations(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "\(base)/reservations", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "List the reservations of an account's pool, and of all who share it",
                answer: "ReservationList", list: reservationSchema,
                parameters: [(name: "at", meaning: "As they will be then, if nothing happens.")])
        ) { request in
            let query = try request.list(of: reservationSchema)
            let time = try time(request)
            let account = try await owned(request).account
            let items = try await platform.reservations(of: account, at: time)
            let view = ReservationResource.view(key: platform.store.key)
            return try await request.page(items, query, of: reservationSchema, view: view) { page in
                page.map { ReservationResource.json($0) }
            }
        }
    }

    private static func changeReservation(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "\(base)/reservations/{reservation_id}", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "Reserve a meeting's connections for longer, if nobody has to make room for that",
                body: "ReservationChange", answer: "Reservation",
                problems: [.validationFailed, .capacityExhausted, .notRunning, .preconditionFailed])
        ) { request in
            let account = try await owned(request).account
            var item = try await platform.reservation(
                request.argument("reservation_id"), of: account, now: request.now)
            try request.checkMatch(ReservationResource.state(item.reservation))
            let later = try ReservationResource.expiry(from: try request.object(), changing: item)
            // What was fetched may be sent back as it is; times are written in whole seconds.
            if let later, later.timestamp != item.reservation.expiresAt.timestamp {
                item = try await platform.extendReservation(item, of: account, to: later, now: request.now) {
                    try request.checkMatch(ReservationResource.state($0))
                }
            }
            return request.answer(
                ReservationResource.json(item), state: ReservationResource.state(item.reservation))
        }
    }

    private static func removeReservation(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "\(base)/reservations/{reservation_id}", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "Give a reservation up; its meeting goes on, unreserved", status: 204,
                problems: [.notRunning, .preconditionFailed])
        ) { request in
            let account = try await owned(request).account
            let item = try await platform.reservation(
                request.argument("reservation_id"), of: account, now: request.now)
            try await platform.releaseReservation(item, now: request.now) { held in
                try request.checkMatch(ReservationResource.state(held))
            }
            return .noContent
        }
    }

    private static func capacity(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "\(base)/capacity", .manageIntegrationAPI,
            EndpointDescription(
                "Integration API", "Tell how many connections an account can still have", answer: "Capacity")
        ) { request in
            let owned = try await owned(request)
            let pool = try await platform.pool(of: owned.account)
            let isShared = owned.account.connectionPool?.isShared ?? false
            return APIAnswer(
                status: 200,
                body: ReservationResource.capacity(
                    pool, subscriptionID: isShared ? owned.owner?.subscriptionID : nil, at: request.now))
        }
    }

    private static func owned(_ request: APIRequest) async throws -> OwnedAccount {
        try await request.platform.account(
            try request.reference("account_id"), .manageIntegrationAPI, for: try request.caller)
    }

    private static func shown(_ account: Account, _ request: APIRequest) -> JSON {
        IntegrationResource.json(account, base: request.platform.settings.publicURL, now: request.now)
    }

    private static func state(_ account: Account) -> JSON { IntegrationResource.state(IntegrationSettings(account)) }

    private static func time(_ request: APIRequest) throws(Problem) -> WireTime {
        guard let text = request.parameter("at") else { return request.now }
        // The plus of an offset that was not escaped came in as a blank.
        guard let time = WireTime(timestamp: String(text.map { $0 == " " ? "+" : $0 })) else {
            throw .invalidQuery([
                RequestFault(.parameter("at"), .invalidFormat, "It is a time such as 2026-03-01T09:00:00Z, or a date.")
            ])
        }
        return time
    }
}
