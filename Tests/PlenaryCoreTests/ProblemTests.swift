import Testing

@testable import PlenaryCore

/// Errors of the REST API (`rooms-api.md` 2.8 and 17).
struct ProblemTests {
    /// The table of section 17.
    private static let catalogue: [(Int, String)] = [
        (400, "malformed_json bad_request"), (401, "unauthenticated token_required access_code_required"),
        (
            403,
            """
            forbidden own_permissions token_invalid token_expired token_used_up access_code_invalid access_code_expired \
            room_inactive room_not_open guests_not_allowed feature_not_available subscription_unusable \
            customer_suspended limit_exceeded
            """
        ),
        (404, "not_found room_not_found"), (405, "method_not_allowed"), (406, "not_acceptable"),
        (
            409,
            """
            room_in_use room_full not_running capacity_exhausted code_not_unique feature_exists token_is_automatic \
            owner_required not_deletable provider_in_use provider_is_default provider_active package_unavailable \
            subscription_canceled idempotency_in_progress
            """
        ),
        (410, "room_gone"), (412, "precondition_failed"), (413, "body_too_large"), (414, "uri_too_long"),
        (415, "unsupported_media_type"),
        (
            422,
            """
            validation_failed invalid_query name_required consent_required join_incomplete idempotency_key_reused \
            provider_unreachable provider_tls_invalid provider_secret_invalid provider_version_unsupported \
            provider_service_type_mismatch provider_not_in_package user_not_of_customer email_domain_not_allowed
            """
        ),
        (426, "https_required"), (429, "rate_limited"), (500, "internal_error"), (502, "provider_error"),
        (503, "provider_unavailable maintenance"), (504, "provider_timeout"),
    ]

    @Test func `the catalogue is that of the contract`() {
        var listed: Set<String> = []
        for (status, codes) in Self.catalogue {
            for code in codes.split(separator: " ").map(String.init) {
                listed.insert(code)
                #expect(ProblemCode(rawValue: code)?.status == status, "\(code)")
            }
        }
        #expect(listed == Set(ProblemCode.allCases.map(\.rawValue)))
    }

    @Test func `every problem has a title of its own, and a page`() {
        #expect(Set(ProblemCode.allCases.map(\.title)).count == ProblemCode.allCases.count)
        for code in ProblemCode.allCases {
            #expect(!code.title.isEmpty && !code.title.hasSuffix("."), "\(code)")
            let address = "https://rooms.example/problems/\(code.rawValue)"
            #expect(code.type(base: "https://rooms.example") == address)
        }
    }

    @Test func `the codes of members are those of the contract, and two that it lacks`() {
        let codes = """
            required invalid_type invalid_enum invalid_format too_long out_of_range read_only immutable_by_subscription \
            unknown_field metadata_too_deep metadata_too_large invalid_setting invalid_host_url provider_tls_required \
            provider_unreachable provider_tls_invalid provider_secret_invalid provider_version_unsupported \
            ignored_not_in_subscription ignored_exceeds_subscription ignored_different_value ignored_not_customisable \
            name_required access_code_required access_code_invalid access_code_expired consent_required \
            not_unique not_found
            """
        #expect(RequestFault.Code.allCases.map(\.rawValue) == codes.split(separator: " ").map(String.init))
    }

    @Test func `the example of 2.8 is written as there`() {
        let problem = Problem.invalid([
            RequestFault(
                "room_type", .immutableBySubscription, "The subscription offers meet; video was asked for.",
                expected: "meet", actual: "video"),
            RequestFault("room_name", .required, "A room needs a name."),
        ])
        let written = problem.json(
            base: "https://rooms.example", instance: "/api/v1/rooms", requestID: "req_01JPKS3M7R9V0T2X4Z6B8D0F1H")
        let expected = """
            {"type":"https://rooms.example/problems/validation_failed","title":"The request has invalid values",\
            "status":422,"code":"validation_failed","detail":"2 members of the request are invalid.",\
            "instance":"/api/v1/rooms","request_id":"req_01JPKS3M7R9V0T2X4Z6B8D0F1H","errors":[\
            {"pointer":"/room_name","code":"required","detail":"A room needs a name."},\
            {"pointer":"/room_type","code":"immutable_by_subscription",\
            "detail":"The subscription offers meet; video was asked for.","expected":"meet","actual":"video"}]}
            """
        #expect(written.encoded == expected)
    }

    @Test func `errors come in the order of their places`() {
        let pointers = ["/b", "/a/10", "/a/9", "/a", "/a/9/x", "/a~1b", "/A"]
        let faults = pointers.map { text in
            RequestFault(.pointer(made(JSONPointer(text: text))), .invalidType, "No.")
        }
        let told = Problem.invalid(faults).faults.map { $0.json["pointer"]?.text }
        #expect(told == ["/A", "/a", "/a/9", "/a/9/x", "/a/10", "/a~1b", "/b"])
    }

    @Test func `errors of members that look like numbers have one order`() {
        let all = ["9", "10", "1a", "01", "99999999999999999999"].map { JSONPointer($0) }
        for one in all {
            #expect(!(one < one))
            for other in all where one != other {
                #expect((one < other) != (other < one), "\(one) \(other)")
                for third in all where one < other && other < third { #expect(one < third, "\(one) \(other) \(third)") }
            }
        }
        #expect(all.shuffled().sorted().map(\.description) == ["/9", "/10", "/01", "/1a", "/99999999999999999999"])
    }

    @Test func `a small request with very many faults does not get a large answer`() {
        let faults = (0..<1_000).map { RequestFault("a\($0)", .unknownField, "No.") }
        let problem = Problem.invalid(faults.reversed())
        #expect(problem.faults.count == 100 && problem.told.first == "/a0 unknown_field")
        #expect(problem.told.last == "/a188 unknown_field")
        // How many there are is told all the same.
        #expect(problem.detail == "1000 members of the request are invalid.")
        // 16 KiB of names that do not exist, each with all that do.
        let query = "fields=" + (0..<2_500).map { "x\($0)" }.joined(separator: ",")
        let wrong = refusedWith { _ = try ListSample.query(query) }
        #expect(wrong?.faults.count == 100)
    }

    @Test func `one member is not many, and no error is no list`() {
        #expect(Problem.invalid([RequestFault("a", .required, "No.")]).detail == "1 member of the request is invalid.")
        #expect(Problem.invalidQuery([]).detail == "0 parameters are invalid.")
        let bare = Problem(.notFound).json(base: "https://r", instance: nil, requestID: nil)
        #expect(bare["errors"] == nil && bare["instance"] == nil && bare["request_id"] == nil)
        #expect(bare["detail"]?.text == "There is no such resource.")
    }

    @Test func `members of a problem stand at its end, and take no name of others`() {
        let problem = Problem(
            .limitExceeded, members: [JSON.Member("status", 200), JSON.Member("limit", ["used": 20])])
        let written = problem.json(base: "https://r", instance: nil, requestID: nil)
        #expect(written["status"]?.encoded == "403")
        #expect(written.members?.last?.value.encoded == #"{"used":20}"#)
    }

    @Test func `parameters and headers are named as what they are`() {
        let fault = RequestFault(.parameter("limit"), .outOfRange, "It is 1 to 200.")
        let text = #"{"parameter":"limit","code":"out_of_range","detail":"It is 1 to 200."}"#
        #expect(fault.json.encoded == text)
        #expect(RequestFault(.header("If-Match"), .invalidFormat, "No.").json["header"]?.text == "If-Match")
    }

    // MARK: headers

    @Test(arguments: [
        (Duration.zero, "1"), (.milliseconds(1), "1"), (.seconds(1), "1"), (.milliseconds(1_001), "2"),
        (.seconds(90), "90"), (.milliseconds(-5_000), "1"),
    ]) func `who has to wait is told whole seconds, and one at least`(delay: Duration, seconds: String) {
        #expect(Problem.rateLimited(retryAfter: delay).headers == [ResponseHeader("Retry-After", seconds)])
        #expect(Problem.unavailable(retryAfter: delay).headers == [ResponseHeader("Retry-After", seconds)])
    }

    @Test func `every 401 says with what one would come in`() {
        for code in ProblemCode.allCases {
            let names = Problem(code, headers: [ResponseHeader("X", "y")]).headers.map(\.name)
            #expect(names == (code.status == 401 ? ["WWW-Authenticate", "X"] : ["X"]), "\(code)")
        }
        let own = ResponseHeader("WWW-Authenticate", "Bearer realm=\"rooms\"")
        #expect(Problem(.tokenRequired, headers: [own]).headers == [own])
    }

    @Test func `a problem brings the headers that HTTP wants`() {
        #expect(Problem.unauthenticated.headers == [ResponseHeader("WWW-Authenticate", "Bearer")])
        let problem = Problem.methodNotAllowed(allowed: ["GET", "PATCH"])
        #expect(problem.status == 405 && problem.headers == [ResponseHeader("Allow", "GET, PATCH")])
    }

    // MARK: what else is refused

    @Test func `what cannot be read is told by its place`() {
        let deep = JSONPointer(["a", "b"])
        let table: [(JSONReader.Fault, Int, String)] = [
            (.tooLarge(limit: 1_048_576), 413, "A body has at most 1048576 octets."),
            (.malformed(at: 7), 400, "What stands at octet 7 is not valid JSON."),
            (.tooDeep(deep), 400, "/a/b is nested too deep."), (.twice(deep), 400, "/a/b is there twice."),
            (.twice(.root), 400, "The body is there twice."),
            (.tooManyValues(limit: 9), 400, "A body has at most 9 values."),
        ]
        for (fault, status, detail) in table {
            let problem = Problem(of: fault)
            #expect(problem.status == status && problem.detail == detail)
        }
        let long = JSONPointer([String(repeating: "x", count: 5_000)])
        #expect(Problem(of: JSONReader.Fault.twice(long)).detail.count < 250)
    }

    @Test func `faults of members have pointers`() {
        let faults = [
            FieldFault("customer_metadata", .metadataTooLarge, "has at most 50 keys"),
            FieldFault("email", .required, "must not be empty"),
        ]
        let fault = made(ValidationFault(faults))
        #expect(Problem(of: fault).told == ["/customer_metadata metadata_too_large", "/email required"])
        #expect(Problem(of: fault).faults.map(\.detail).last == "email must not be empty.")
        let inside = Problem(of: fault, in: JSONPointer("customer"))
        #expect(inside.told == ["/customer/customer_metadata metadata_too_large", "/customer/email required"])
    }

    @Test func `faults of commerce are words of the catalogue`() {
        let refusal = QuotaRefusal(code: .maxRooms, value: 20, used: 20, requested: 1)
        let table: [(CommerceFault, ProblemCode)] = [
            (.notFound(.customer), .notFound), (.taken(field: "email"), .validationFailed),
            (.notDeletable(.hasAccounts(2)), .notDeletable), (.packageUnavailable, .packageUnavailable),
            (.serviceTypeInUse, .validationFailed), (.featureExists(.maxRooms), .featureExists),
            (.noFeature(.maxRooms), .notFound), (.limitExceeded(refusal), .limitExceeded),
            (.subscriptionUnusable, .subscriptionUnusable), (.customerMayNotCreate(.suspended), .customerSuspended),
            (.customerMayNotCreate(.inactive), .forbidden), (.accountBound(SubscriptionNumber(1)), .validationFailed),
        ]
        for (fault, code) in table { #expect(Problem(of: fault).code == code, "\(fault)") }
        #expect(Problem(of: CommerceFault.taken(field: "email")).told == ["/email not_unique"])
        let limit = Problem(of: refusal, subscriptionID: "sB9xHt3LwV").members.first?.value.encoded
        let text = #"{"code":"max_rooms","value":20,"used":20,"requested":1,"scope":"subscription","#
        #expect(limit == text + #""subscription_id":"sB9xHt3LwV"}"#)
        let running = QuotaRefusal(code: .maxConnections, value: 5, used: 5, requested: 1)
        #expect(Problem(of: running).status == 409)
    }
}
