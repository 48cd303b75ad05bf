import BigBlueButton
import Testing

@testable import PlenaryCore

/// API keys, scopes and who may what (`rooms-api.md` 2.2).
struct APIKeyTests {
    private func text(seed: UInt64 = 1, id: String = "u6Yh3DkQ9w") -> APIKeyText {
        var random = SplitMix64(seed: seed)
        return APIKeyText(id: id, using: &random)
    }

    private func key(
        _ text: APIKeyText, scopes: Set<Scope> = [.everything], reach: Reach = .platform, expires: Int64? = nil
    ) -> APIKey {
        var random = SplitMix64(seed: 9)
        let sample = ResourceIdentity(at: WireTime(milliseconds: 0), using: &random)
        let identity = made(ResourceIdentity(id: text.id, uuid: sample.uuid, ulid: sample.ulid))
        let details = APIKeyDetails(
            name: "moodle", scopes: scopes, expiresAt: expires.map { WireTime(milliseconds: $0) })
        return APIKey(
            identity: identity, verifier: text.verifier, details: details, reach: reach,
            createdAt: WireTime(milliseconds: 0))
    }

    // MARK: the text

    @Test(arguments: UInt64(0)..<50) func `a key is read as it was shown`(seed: UInt64) throws {
        let text = text(seed: seed)
        let shown = text.reveal()
        #expect(shown.hasPrefix("rk_u6Yh3DkQ9w_") && shown.count == 54)
        let read = try #require(APIKeyText(shown))
        #expect(read == text && read.verifier == text.verifier && read.id == "u6Yh3DkQ9w")
        #expect(APIKeyText(authorization: "Bearer \(shown)") == text)
        #expect(APIKeyText(authorization: "bearer  \(shown)") == text)
    }

    @Test func `no two keys are the same`() {
        let all = (UInt64(0)..<500).map { text(seed: $0) }
        #expect(Set(all.map { $0.reveal() }).count == 500 && Set(all.map(\.verifier)).count == 500)
    }

    @Test func `what is no key is none`() {
        let shown = text().reveal()
        let secret = String(shown.suffix(40))
        let short = String(shown.dropLast())
        for wrong in [
            "", "rk_", shown.uppercased(), short, "\(shown)a", " \(shown)", "xk\(shown.dropFirst(2))",
            "rk_u6Yh3DkQ90_\(secret)", "rk_u6Yh3DkQ9_\(secret)", "rk__\(secret)", "\(short)-", "\(short)\u{E9}",
            "rk_u6Yh3DkQ9w_x_\(secret.dropFirst(2))",
        ] {
            #expect(APIKeyText(wrong) == nil, "\(wrong)")
        }
        for wrong in ["", shown, "Basic \(shown)", "Bearer", "Bearer \(shown) x", "Bearer\(shown)"] {
            #expect(APIKeyText(authorization: wrong) == nil, "\(wrong)")
        }
    }

    @Test func `a key is printed nowhere, and its verifier gives nothing away`() {
        let text = text()
        let secret = String(text.reveal().suffix(40))
        var dumped = ""
        dump(text, to: &dumped)
        for printed in ["\(text)", String(reflecting: text), dumped, "\([text])", text.verifier] {
            #expect(!printed.contains(secret))
        }
        #expect(text.verifier.count == 32)
        // Bound to the id: one row's verifier is worth nothing in another.
        var one = SplitMix64(seed: 3)
        var other = SplitMix64(seed: 3)
        let (first, second) = (APIKeyText(id: "u6Yh3DkQ9w", using: &one), APIKeyText(id: "u6Yh3DkQ9x", using: &other))
        #expect(first.reveal().suffix(40) == second.reveal().suffix(40) && first.verifier != second.verifier)
    }

    // MARK: the stored key

    @Test func `only the key itself opens, and only in its time`() {
        let text = text()
        let now = WireTime(milliseconds: 1_000)
        let customers = Reach.customers([CustomerNumber(3)])
        let stored = key(text, scopes: [.one(.readRooms)], reach: customers, expires: 1_001)
        #expect(stored.principal(with: text, at: now) == Principal(scopes: [.one(.readRooms)], reach: customers))
        #expect(stored.principal(with: self.text(seed: 2), at: now) == nil)
        #expect(stored.principal(with: self.text(seed: 1, id: "u6Yh3DkQ9x"), at: now) == nil)
        // At the very end it is over.
        #expect(stored.principal(with: text, at: WireTime(milliseconds: 1_001)) == nil)
        #expect(key(text).principal(with: text, at: WireTime(milliseconds: .max)) != nil)
    }

    @Test func `nobody makes a key that may more than he may`() {
        let maker = Principal(scopes: [.resource("rooms"), .one(.readUsers)], reach: .platform)
        func problem(_ scopes: Set<Scope>, name: String = "a", description: String? = nil) -> Problem? {
            let details = APIKeyDetails(name: name, description: description, scopes: scopes)
            return refusedWith { try details.check(maker: maker, reach: .platform) }
        }
        #expect(problem([.resource("rooms")]) == nil && problem([.one(.deleteRooms), .one(.readUsers)]) == nil)
        for excess: Scope in [.everything, .reading, .resource("users"), .one(.createUsers)] {
            #expect(problem([.one(.readRooms), excess])?.code == .forbidden, "\(excess)")
            #expect(problem([excess])?.detail.contains("\(excess)") == true)
        }
        let wrong = problem([], name: " ", description: String(repeating: "x", count: 501))
        #expect(wrong?.told == ["/description too_long", "/name required", "/permissions required"])
    }

    @Test func `nobody makes a key that reaches further than he does`() {
        let details = APIKeyDetails(name: "a", scopes: [.one(.readRooms)])
        func code(_ own: Reach, _ given: Reach) -> ProblemCode? {
            let maker = Principal(scopes: [.everything], reach: own)
            return refusedWith { try details.check(maker: maker, reach: given) }?.code
        }
        let (one, other) = (CustomerNumber(1), CustomerNumber(2))
        let fits: [(Reach, Reach)] = [
            (.platform, .platform), (.platform, .customers([one])), (.customers([one]), .customers([one])),
            (.customers([one, other]), .customers([other])), (.customers([one]), .customers([])),
        ]
        for (own, given) in fits { #expect(code(own, given) == nil, "\(own) \(given)") }
        let excess: [(Reach, Reach)] = [
            (.customers([one]), .platform), (.customers([one]), .customers([other])),
            (.customers([one]), .customers([one, other])), (.customers([]), .customers([one])),
        ]
        for (own, given) in excess { #expect(code(own, given) == .forbidden, "\(own) \(given)") }
    }

    // MARK: scopes

    @Test func `permissions are written as in the contract`() {
        let named = [
            "rooms.read", "rooms.create", "rooms.update", "rooms.delete", "room_tokens.manage",
            "room_access_codes.manage", "service_providers.manage", "integration_api.manage",
        ]
        for name in named { #expect(Permission(rawValue: name) != nil, "\(name)") }
        let actions: Set<String> = ["read", "create", "update", "delete", "manage"]
        for permission in Permission.allCases {
            let parts = permission.rawValue.split(separator: ".").map(String.init)
            #expect(parts.count == 2 && parts[0] == permission.resource && actions.contains(parts[1]), "\(permission)")
        }
    }

    @Test func `a scope allows what it names, and nothing else`() {
        for permission in Permission.allCases {
            let allowed: [(String, Bool)] = [
                ("*", true), ("*.read", permission.rawValue.hasSuffix(".read")),
                ("rooms.*", permission.rawValue.hasPrefix("rooms.")),
                ("room_tokens.*", permission == .manageRoomTokens), ("rooms.read", permission == .readRooms),
                (permission.rawValue, true), ("\(permission.resource).*", true),
            ]
            for (text, isAllowed) in allowed {
                let scope = Scope(text)
                #expect(scope?.allows(permission) == isAllowed, "\(text) \(permission)")
                #expect(scope?.description == text)
            }
        }
    }

    @Test(arguments: [
        "", ".", "rooms", "rooms.", ".*", "*.*", "nothing.*", "rooms.fly", "Rooms.read", "*.manage", "room.*",
    ])
    func `what is no scope is none`(text: String) {
        #expect(Scope(text) == nil)
    }

    @Test func `who gives a scope has all of it`() {
        var all: [Scope] = [.everything, .reading]
        for permission in Permission.allCases { all += [.resource(String(permission.resource)), .one(permission)] }
        for scope in all {
            for held in all where scope.isCovered(by: [held]) {
                for permission in Permission.allCases where scope.allows(permission) {
                    #expect(held.allows(permission), "\(held) \(scope)")
                }
            }
            #expect(scope.isCovered(by: [.everything]) && scope.isCovered(by: [scope]) && !scope.isCovered(by: []))
        }
        // All that there is today is not all that may come to be.
        #expect(!Scope.everything.isCovered(by: Set(Permission.allCases.map { Scope.one($0) })))
        #expect(!Scope.resource("rooms").isCovered(by: [.one(.readRooms)]))
    }

    // MARK: access

    @Test func `roles add up, and the built-in one has all`() {
        #expect(Role.admin.isBuiltIn && !Role(name: "support", scopes: []).isBuiltIn)
        #expect(Permission.allCases.allSatisfy { Principal(roles: [.admin]).may($0) })
        let roles = [Role(name: "a", scopes: [.one(.readRooms)]), Role(name: "b", scopes: [.resource("users")])]
        let principal = Principal(roles: roles)
        let allowed = Permission.allCases.filter { principal.may($0) }
        #expect(allowed == [.readRooms, .readUsers, .createUsers, .updateUsers, .deleteUsers])
        #expect(!Permission.allCases.contains { Principal(roles: []).may($0) })
    }

    @Test func `there are three ways to be told no`() {
        let (mine, theirs) = (CustomerNumber(1), CustomerNumber(2))
        let scopes: Set<Scope> = [.one(.readRooms)]
        let tenant = Principal(scopes: scopes, reach: .customers([mine]))
        let admin = Principal(scopes: scopes, reach: .platform)
        let table: [(Principal?, Permission, CustomerNumber?, Access)] = [
            (nil, .readRooms, mine, .unauthenticated), (tenant, .readRooms, mine, .granted),
            (tenant, .readRooms, theirs, .hidden), (tenant, .readRooms, nil, .hidden),
            // Without the permission it is the same for all of them.
            (tenant, .deleteRooms, mine, .forbidden), (tenant, .deleteRooms, theirs, .forbidden),
            (admin, .readRooms, theirs, .granted), (admin, .readRooms, nil, .granted),
            (admin, .deleteRooms, mine, .forbidden),
        ]
        for (principal, permission, owner, access) in table {
            #expect(Access.of(principal, to: permission, ownedBy: owner) == access)
            let before = Access.of(principal, to: permission)
            #expect(before == (access == .hidden ? .granted : access))
        }
        let problems = [Access.granted, .unauthenticated, .forbidden, .hidden].map { $0.problem?.status }
        #expect(problems == [nil, 401, 403, 404])
    }
}
