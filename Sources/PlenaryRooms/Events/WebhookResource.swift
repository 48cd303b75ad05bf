package import BigBlueButton
package import PlenaryCore

/// A web hook as the API shows and takes it (`rooms-api.md` 16).
package enum WebhookResource {
    package static let schema = ResourceSchema(
        "Webhook",
        fields: ResourceSchema.commonFields + [
            .init("customer_id", filter: .text), .init("url"), .init("events"),
            .init("description", searched: true), .init("active", filter: .bool, sorts: true),
            .init("failing_since", filter: .time), .init("disabled_at", filter: .time),
            .init("disabled_reason", filter: .choice(Webhook.SwitchOff.allCases.map(\.rawValue))),
        ])

    /// What a change would change. One that was switched off is another one, so that nobody switches it on unseen.
    package static func state(_ details: WebhookDetails) -> JSON {
        .object([
            JSON.Member("url", .text(details.url)),
            JSON.Member("events", .list(details.events.map { .text($0.description) })),
            JSON.Member("description", JSON(details.description)), JSON.Member("active", .bool(details.isActive)),
        ])
    }

    /// - Parameter secret: shown once, in the answer that makes it.
    package static func json(_ webhook: Webhook, secret: Secret? = nil) -> JSON {
        var written = webhook.identity.members(of: schema.object)
        if let secret { written.append(JSON.Member("secret", .text(secret.reveal()))) }
        written.append(JSON.Member("customer_id", JSON(webhook.owner?.id)))
        written += state(webhook.details).members ?? []
        written += [
            JSON.Member("failing_since", JSON(webhook.failingSince)),
            JSON.Member("disabled_at", JSON(webhook.switchedOffAt)),
            JSON.Member("disabled_reason", JSON(webhook.switchedOff?.rawValue)),
            JSON.Member("created_at", JSON(webhook.createdAt)), JSON.Member("updated_at", JSON(webhook.updatedAt)),
        ]
        return .object(written)
    }

    /// How a list looks at them.
    package static var view: ShortList<Webhook>.View {
        ShortList<Webhook>.View(
            ulid: { $0.identity.ulid },
            value: { webhook, field, _ in value(of: webhook, field) },
            text: { webhook, field in field == "description" ? webhook.details.description : nil })
    }

    private static func value(of webhook: Webhook, _ field: String) -> FilterValue? {
        switch field {
        case "customer_id": return webhook.owner.map { .text($0.id) }
        case "active": return .bool(webhook.details.isActive)
        case "failing_since": return webhook.failingSince.map { .time($0) }
        case "disabled_at": return webhook.switchedOffAt.map { .time($0) }
        case "disabled_reason": return webhook.switchedOff.map { .text($0.rawValue) }
        default: return ResourceValues.value(of: webhook.identity, webhook.createdAt, webhook.updatedAt, field)
        }
    }

    // MARK: reading

    private static var selections: JSONKind<[EventSelection]> {
        JSONKind<[EventSelection]>.list(of: .eventSelection, longest: WebhookDetails.mostEvents)
    }

    private static var description: JSONKind<String> {
        JSONKind<String>.text(longest: WebhookDetails.longestDescription, mayBeEmpty: true, isLong: true)
    }

    /// Of whom a body says that the web hook is. What else is wrong with it ``details(from:fault:settings:)`` tells.
    package static func customer(in body: ObjectReader) -> Patch<ResourceReference> {
        var reader = body
        return reader.patch("customer_id", JSONKind<ResourceReference>.reference)
    }

    /// - Parameter fault: what is wrong with the customer that it names.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader, fault: RequestFault?, settings: WebhookSettings)
        throws(Problem)
        -> WebhookDetails
    {
        var reader = body
        ResourceValues.readConstants(&reader, of: schema.object, nil)
        _ = reader.patch("customer_id", JSONKind<ResourceReference>.reference)
        if let fault { reader.note([fault]) }
        let url = reader.required("url", JSONKind<String>.webhookURL(settings))
        let events = reader.required("events", selections)
        if events?.isEmpty == true { reader.note("events", .required, "It names one type at least.") }
        let text = reader.patch("description", description).applied(to: nil)
        let isActive = reader.optional("active", JSONKind<Bool>.bool) ?? true
        try reader.finish()
        return WebhookDetails(url: url ?? "", events: events ?? [], description: text, isActive: isActive)
    }

    /// Whether a body asks for another secret. What else is wrong with it the other one tells.
    package static func rotates(_ body: ObjectReader) -> Bool {
        var reader = body
        return reader.optional("rotate_secret", JSONKind<Bool>.bool) ?? false
    }

    /// The details after a PATCH.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(
        from body: ObjectReader, changing webhook: Webhook, _ old: WebhookDetails, settings: WebhookSettings
    ) throws(Problem) -> WebhookDetails {
        var reader = body
        ResourceValues.readConstants(
            &reader, of: schema.object, (webhook.identity, webhook.createdAt, webhook.updatedAt))
        reader.readOnly("customer_id", is: JSON(webhook.owner?.id))
        reader.readOnly("failing_since", is: JSON(webhook.failingSince))
        reader.readOnly("disabled_at", is: JSON(webhook.switchedOffAt))
        reader.readOnly("disabled_reason", is: JSON(webhook.switchedOff?.rawValue))
        _ = reader.optional("rotate_secret", JSONKind<Bool>.bool)
        var details = old
        details.url = reader.optional("url", JSONKind<String>.webhookURL(settings)) ?? old.url
        let events = reader.optional("events", selections)
        if events?.isEmpty == true { reader.note("events", .required, "It names one type at least.") }
        details.events = events ?? old.events
        details.description = reader.patch("description", description).applied(to: old.description)
        details.isActive = reader.optional("active", JSONKind<Bool>.bool) ?? old.isActive
        try reader.finish()
        return details
    }
}

/// What a web hook was told, as the API shows it.
package enum WebhookDeliveryResource {
    package static func json(_ delivery: WebhookDelivery, of webhook: Webhook) -> JSON {
        [
            "object": "WebhookDelivery", "id": .text(delivery.id), "webhook_id": .text(webhook.identity.id),
            "event_id": .text(delivery.eventID), "event_type": .text(delivery.type.rawValue),
            "status": .text(delivery.state.rawValue), "attempts": .integer(delivery.attempts),
            "next_attempt_at": JSON(delivery.state == .waiting ? delivery.dueAt : nil),
            "last_status": JSON(delivery.lastStatus), "last_result": JSON(delivery.lastResult),
            "created_at": JSON(delivery.createdAt), "done_at": JSON(delivery.doneAt),
        ]
    }
}

extension JSONKind where Value == EventSelection {
    /// A type of events, or many at once.
    package static var eventSelection: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is a text.")])
            }
            guard let selection = EventSelection(text) else {
                return .faults([RequestFault(.pointer(place), .invalidEnum, "There is no such type of events.")])
            }
            return .value(selection)
        }
    }
}

extension JSONKind where Value == String {
    /// An address that may be called, as far as its text tells: where its name leads is looked at with each call.
    package static func webhookURL(_ settings: WebhookSettings) -> JSONKind {
        JSONKind { json, place in
            guard let text = json.text else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is a text.")])
            }
            do throws(OutboundRefusal) {
                let url = try OutboundURL(
                    text, allowPrivate: settings.allowsPrivate, allowHTTP: settings.allowsHTTP)
                if let literal = url.literal,
                    OutboundURL.judge([literal], allowPrivate: settings.allowsPrivate).isEmpty
                {
                    throw OutboundRefusal.privateAddress
                }
                return .value(text)
            } catch {
                return .faults([RequestFault(.pointer(place), .invalidFormat, "It is not taken: \(error.words).")])
            }
        }
    }
}
