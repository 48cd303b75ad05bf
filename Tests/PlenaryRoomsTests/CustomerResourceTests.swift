import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import Testing

@Suite struct CustomerResourceTests {
    @Test(arguments: [true, false]) func `what was fetched may be sent back as it is`(maySell: Bool) throws {
        let time = WireTime(milliseconds: 1_772_352_000_000)
        let details = CustomerDetails(
            type: .business, email: "it@nordschule.example", firstName: "Ida", lastName: "Berg",
            companyName: "Nordschule", status: .suspended, subdomain: "nordschule")
        var dice = SeededRandom(seed: 1)
        let customer = Customer(
            number: CustomerNumber(1), identity: ResourceIdentity(at: time, using: &dice), key: "8wq2tn",
            details: details, createdAt: time, updatedAt: time)
        let again = try CustomerResource.details(
            from: ObjectReader(CustomerResource.json(customer)), changing: customer, details, maySell: maySell,
            platform: "rooms.example.org")
        #expect(again == details)
    }
}
