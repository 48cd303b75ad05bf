import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import Testing

@Suite struct PackageResourceTests {
    /// What a value of a feature is taken for; `nil`: the code of its fault.
    static let values: [(FeatureCode, JSON, FeatureValue?, RequestFault.Code?)] = [
        (.maxRooms, 20, .integer(20), nil), (.maxRooms, 0, .integer(0), nil),
        (.maxRooms, "unlimited", .unlimited, nil), (.maxRooms, true, .unlimited, nil),
        (.maxRooms, false, nil, .invalidType), (.maxRooms, -1, nil, .outOfRange),
        (.maxRooms, "20", nil, .invalidType), (.maxRooms, .null, nil, .required),
        (.maxParticipants, 0, nil, .outOfRange), (.maxParticipants, 1, .integer(1), nil),
        (.maxParticipants, 2_147_483_648, nil, .outOfRange), (.maxParticipants, [1], nil, .invalidType),
        (.recording, true, .bool(true), nil), (.recording, 1, nil, .invalidType),
        (.recording, "unlimited", nil, .invalidType),
    ]

    @Test(arguments: 0..<15)
    func `values of features are taken as section 5 says`(index: Int) {
        let (code, given, value, fault) = Self.values[index]
        let body: JSON = ["code": .text(code.rawValue), "value": given]
        var feature: GivenFeature?
        var problem: Problem?
        do throws(Problem) { feature = try FeatureResource.given(from: ObjectReader(body)) } catch { problem = error }
        #expect(feature?.value == value)
        #expect(problem?.faults.map(\.code) == fault.map { [$0] })
    }

    @Test func `a number with a fraction is no number of rooms, and one with too many digits is out of bounds`() throws
    {
        for (text, code) in [("1.5", RequestFault.Code.invalidType), ("1e30", .outOfRange)] {
            let number = try #require(JSONNumber(text))
            let body: JSON = ["code": "max_rooms", "value": .number(number)]
            var problem: Problem?
            do throws(Problem) { _ = try FeatureResource.given(from: ObjectReader(body)) } catch { problem = error }
            #expect(problem?.faults.map(\.code) == [code])
        }
    }

    @Test func `what was fetched may be sent back as it is`() throws {
        let details = PackageDetails(name: "Meet", tier: 1.5)
        let time = WireTime(milliseconds: 1_772_352_000_000)
        var dice = SeededRandom(seed: 1)
        let sold = ServicePackage(
            number: PackageNumber(1), identity: ResourceIdentity(at: time, using: &dice), details: details,
            features: FeatureSet([.maxRooms: .integer(3)]), createdAt: time, updatedAt: time)
        let shown = PackageResource.json(sold)
        let again = try PackageResource.details(from: ObjectReader(shown), changing: sold, details)
        #expect(again == details)
    }
}
