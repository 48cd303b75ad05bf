/// Where a server is, as getServers tells it (`balancer.md` 6). What is not known is empty. Numbers are decimal texts.
package struct GeoLocation: Sendable, Hashable {
    package var ip: String
    package var countryCode: String
    package var countryCode3: String
    package var countryName: String
    package var city: String
    package var latitude: String
    package var longitude: String
    package var continentCode: String

    package init(
        ip: String, countryCode: String = "", countryCode3: String = "", countryName: String = "", city: String = "",
        latitude: String = "", longitude: String = "", continentCode: String = ""
    ) {
        self.ip = ip
        self.countryCode = countryCode
        self.countryCode3 = countryCode3
        self.countryName = countryName
        self.city = city
        self.latitude = latitude
        self.longitude = longitude
        self.continentCode = continentCode
    }
}
