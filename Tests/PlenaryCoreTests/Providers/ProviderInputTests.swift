import BigBlueButton
import Testing

@testable import PlenaryCore

/// Bodies of service providers (`rooms-api.md` 6.1, 6.6), and how they are shown.
@Suite struct ProviderInputTests {
    private static func draft(_ text: String) throws -> ProviderDraft {
        try ProviderDraft(ObjectReader(jsonText(text)))
    }

    private static func sample(_ text: String = scalelite) throws -> ServiceProvider {
        let draft = try draft(text)
        var random = SplitMix64(seed: 1)
        let now = WireTime(milliseconds: 1_772_355_605_000)
        return ServiceProvider(
            number: ProviderNumber(1), identity: ResourceIdentity(at: now, using: &random), type: draft.type,
            details: draft.details, health: .unknown, createdAt: now, updatedAt: now)
    }

    private static let scalelite = """
        {"provider_name": "Scalelite north", "provider_type": "scalelite",
         "properties": {"host_url": "https://scalelite.example.com", "secret": "my-secret-key"},
         "settings": {}, "metadata": {"contract": "N-12"}}
        """

    @Test func `the example of the contract is taken, and shown without its secret`() throws {
        let provider = try Self.sample()
        let json = provider.json
        #expect(
            json["properties"]?.encoded
                == #"{"host_url":"https://scalelite.example.com","api_url":"https://scalelite.example.com/bigbluebutton/api","secret":null,"secret_set":true}"#
        )
        #expect(!json.encoded.contains("my-secret-key") && !"\(provider)".contains("my-secret-key"))
        #expect(json["service_type"] == "meet" && json["active"] == true)
        #expect(json["metadata"]?.encoded == #"{"contract":"N-12"}"#)
        #expect(
            json.members?.map(\.name) == [
                "object", "id", "uuid", "ulid", "provider_name", "active", "provider_type", "service_type",
                "properties", "settings", "metadata", "health", "created_at", "updated_at",
            ])
        #expect(provider.stateJSON["health"] == nil)
    }

    @Test func `bbb is another name of bigbluebutton, and our own servers need nothing`() throws {
        let bbb = try Self.draft(
            #"{"provider_name":"b","provider_type":"bbb","properties":{"host_url":"https://h.example","secret":"s"}}"#)
        #expect(bbb.type == .bigBlueButton)
        let fleet = try Self.draft(#"{"provider_name":"own","provider_type":"fleet"}"#)
        #expect(fleet.details.properties == .fleet(serverTag: nil))
        let tagged = try Self.draft(
            #"{"provider_name":"own","provider_type":"fleet","properties":{"server_tag":"Gpu"}}"#)
        #expect(tagged.details.properties == .fleet(serverTag: "gpu"))
    }

    @Test(arguments: [
        ("{}", ["/provider_name required", "/provider_type required"]),
        (
            #"{"provider_name":"x","provider_type":"scalelite"}"#, ["/properties required"]
        ),
        (
            #"{"provider_name":"x","provider_type":"scalelite","properties":{}}"#,
            ["/properties/host_url required", "/properties/secret required"]
        ),
        (#"{"provider_name":"x","provider_type":"vimeo","properties":{}}"#, ["/provider_type invalid_enum"]),
        (
            #"{"provider_name":"x","provider_type":"scalelite","properties":{"host_url":"http://h.example","secret":" s"}}"#,
            ["/properties/host_url provider_tls_required", "/properties/secret invalid_format"]
        ),
        (
            #"{"provider_name":"x","provider_type":"bbb","properties":{"host_url":"h.example","secret":"s","host_ip":"1","host_key":"k","host_port":22,"host_user":"root"}}"#,
            [
                "/properties/host_ip unknown_field", "/properties/host_key unknown_field",
                "/properties/host_port unknown_field", "/properties/host_url invalid_host_url",
                "/properties/host_user unknown_field",
            ]
        ),
        (
            #"{"provider_name":"x","provider_type":"fleet","properties":{"secret":"s"},"settings":{"a":1},"health":{},"id":"a"}"#,
            ["/health read_only", "/id read_only", "/properties/secret unknown_field", "/settings/a unknown_field"]
        ),
    ]) func `what is wrong is told at once`(body: String, told: [String]) {
        let problem = refusedWith { _ = try Self.draft(body) }
        #expect(problem?.told == told)
    }

    @Test func `what was fetched can be sent back, and changes nothing`() throws {
        let provider = try Self.sample()
        let patch = try ProviderPatch(ObjectReader(provider.json), of: provider)
        #expect(patch.applied(to: provider.details) == provider.details)
        #expect(!patch.changesProperties(of: provider.details))
    }

    @Test func `properties are merged, metadata are overwritten`() throws {
        let provider = try Self.sample()
        func changed(_ text: String) throws -> ServiceProviderDetails {
            try ProviderPatch(ObjectReader(jsonText(text)), of: provider).applied(to: provider.details)
        }
        let moved = try changed(#"{"properties":{"host_url":"https://other.example"}}"#)
        #expect(moved.properties.endpoint?.url.text == "https://other.example/bigbluebutton/api")
        #expect(moved.properties.endpoint?.secret == Secret("my-secret-key"))
        let rotated = try changed(#"{"properties":{"secret":"next"},"provider_name":"n","active":false}"#)
        #expect(rotated.properties.endpoint?.secret == Secret("next"))
        #expect(rotated.properties.host == "scalelite.example.com" && rotated.name == "n" && !rotated.isActive)
        #expect(rotated.metadata == provider.details.metadata)
        let marked = try changed(#"{"metadata":{"x":1}}"#)
        #expect(marked.metadata == Metadata(members: ["x": .scalar(.integer(1))]))
        let refused = refusedWith { _ = try changed(#"{"provider_type":"bigbluebutton"}"#) }
        #expect(refused?.told == ["/provider_type read_only"])
    }

    @Test func `the types are listed with a schema`() throws {
        let types = ProviderType.listed
        #expect(types.map { $0["provider_type"]?.text } == ["bigbluebutton", "scalelite", "fleet", "vimeo"])
        #expect(types.map { $0["offered"] == true } == [true, true, true, false])
        #expect(types[0]["properties"]?["required"] == ["host_url", "secret"])
        #expect(types[0]["aliases"] == ["bbb"] && types[2]["properties"]?["properties"]?["server_tag"] != nil)
    }

    @Test func `lists are filtered by health`() throws {
        let provider = try Self.sample()
        let catalogue = SchemaCatalogue([ServiceProvider.schema])
        func count(_ text: String) throws -> Int {
            let query = try ListQuery(
                [QueryParameter("filter[health.state]", text)], of: ServiceProvider.schema, in: catalogue)
            return ShortList([provider], view: ServiceProvider.view).answer(query) { $0.json }.data.count
        }
        #expect(try count("unknown") == 1)
        #expect(try count("down,healthy") == 0)
        #expect(refusedWith { _ = try count("ill") }?.code == .invalidQuery)
    }
}

/// Which providers a package or a subscription has (`rooms-api.md` 5.3).
@Suite struct ProviderAttachmentTests {
    private static let one = ProviderNumber(1)
    private static let two = ProviderNumber(2)
    private static let third = ProviderNumber(3)

    private static func fault(_ work: () throws(ProviderConflict) -> Void) -> ProviderConflict? {
        do throws(ProviderConflict) { try work() } catch { return error }
        return nil
    }

    private static func three(_ last: Bool = true) throws -> ProviderAttachments {
        var attachments = ProviderAttachments()
        try attachments.attach(one)
        try attachments.attach(two)
        try attachments.attach(third, isActive: last)
        return attachments
    }

    @Test func `the first one is the default, and another one takes its place`() throws {
        var attachments = try Self.three()
        #expect(attachments.entries.map(\.isDefault) == [true, false, false])
        let isThere = try attachments.change(Self.two, isDefault: true, isActive: nil)
        #expect(isThere && attachments.entries.map(\.isDefault) == [false, true, false])
        // The order stays that of attachment.
        #expect(attachments.entries.map(\.provider) == [Self.one, Self.two, Self.third])
    }

    @Test func `the default is neither switched off nor removed`() throws {
        var attachments = try Self.three()
        for (isDefault, isActive) in [(nil, false), (false, nil), (true, false)] as [(Bool?, Bool?)] {
            let fault = Self.fault { () throws(ProviderConflict) in
                _ = try attachments.change(Self.one, isDefault: isDefault, isActive: isActive)
            }
            #expect(fault == .isDefault)
        }
        let removal = Self.fault { () throws(ProviderConflict) in _ = try attachments.detach(Self.one) }
        #expect(removal == .isDefault)
        let before = try Self.three()
        #expect(attachments == before)
    }

    @Test func `only what is inactive is removed`() throws {
        var attachments = try Self.three()
        let fault = Self.fault { () throws(ProviderConflict) in _ = try attachments.detach(Self.two) }
        #expect(fault == .isActive)
        _ = try attachments.change(Self.two, isDefault: nil, isActive: false)
        let isGone = try attachments.detach(Self.two)
        #expect(isGone && attachments.entries.count == 2)
        let isThere = try attachments.detach(Self.two)
        #expect(!isThere)
    }

    @Test func `who becomes the default becomes active, unless the provider itself is not`() throws {
        var attachments = try Self.three(false)
        _ = try attachments.change(Self.third, isDefault: true, isActive: nil)
        #expect(attachments.entry(of: Self.third)?.isActive == true)
        let fault = Self.fault { () throws(ProviderConflict) in
            _ = try attachments.change(Self.one, isDefault: true, isActive: nil, isUsed: false)
        }
        #expect(fault == .notActive)
        let again = Self.fault { () throws(ProviderConflict) in try attachments.attach(Self.one) }
        #expect(again == .attachedAlready)
    }

    @Test(
        arguments: [
            (ProviderConflict.isDefault, "provider_is_default", 409), (.isActive, "provider_active", 409),
            (.inUse(packages: 1, subscriptions: 2), "provider_in_use", 409),
            (.notInPackage, "provider_not_in_package", 422),
            (.serviceTypeMismatch(offers: .meet, wants: .video), "provider_service_type_mismatch", 422),
            (.noSuchProvider, "validation_failed", 422), (.attachedAlready, "validation_failed", 422),
            (.notActive, "validation_failed", 422),
        ] as [(ProviderConflict, String, Int)])
    func `each conflict has its word of the catalogue`(conflict: ProviderConflict, code: String, status: Int) {
        let problem = Problem(of: conflict)
        #expect(problem.code.rawValue == code && problem.status == status)
    }
}
