internal import CMaxMindDB
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet

/// A file that tells where an address is: GeoLite2-City, GeoIP2-City, DB-IP's, or another one of their form.
///
/// The file stays mapped while this lives. A newer one is put in its place by renaming, as `geoipupdate` does, and
/// opened anew; a file that is overwritten where it lies kills the process that reads it.
final class MaxMindDatabase: Sendable {
    // Safe: the pointer never changes, libmaxminddb writes to what it points at in MMDB_open and MMDB_close only, so
    // that lookups of many threads need no lock, and it is closed in `deinit`, when nobody can look anything up any
    // more.
    nonisolated(unsafe) private let database: UnsafeMutablePointer<MMDB_s>
    /// What the file says it is: `GeoLite2-City`. One without cities and countries (`GeoLite2-ASN`) opens, and locates
    /// nobody.
    let kind: String

    init(path: String) throws(CommandFailure) {
        var status: Int32 = 0
        var fault: Int32 = 0
        guard let database = plenary_mmdb_open(path, &status, &fault) else {
            throw MaxMindDatabase.failure(path: path, status: status, fault: fault)
        }
        self.database = database
        kind = database.pointee.metadata.database_type.map { String(cString: $0) } ?? ""
    }

    deinit { plenary_mmdb_close(database) }

    /// - Returns: `nil` when the text is no IP address, or the file has nothing about it.
    func locate(_ address: String) -> GeoLocation? {
        // Read here, not by libmaxminddb, which would take the forms of `inet_aton` as well.
        guard let address = IPAddress(address)?.unmapped else { return nil }
        var entry = MMDB_entry_s()
        let isFound =
            switch address {
            case .v4(let bits): plenary_mmdb_find_v4(database, bits, &entry)
            case .v6(let high, let low): plenary_mmdb_find_v6(database, high, low, &entry)
            }
        guard isFound else { return nil }
        let nothing = GeoLocation(ip: address.description)
        var location = nothing
        location.countryCode = text(entry, "country", "iso_code")
        location.countryCode3 = CountryCodes.alpha3(location.countryCode) ?? ""
        location.countryName = text(entry, "country", "names", "en")
        location.city = text(entry, "city", "names", "en")
        location.latitude = degrees(entry, "latitude", limit: 90)
        location.longitude = degrees(entry, "longitude", limit: 180)
        location.continentCode = text(entry, "continent", "code")
        return location == nothing ? nil : location
    }

    // MARK: values

    private func text(_ entry: MMDB_entry_s, _ first: String, _ second: String, _ third: String? = nil) -> String {
        var length: UInt32 = 0
        let octets = plenary_mmdb_text(entry, first, second, third, &length)
        return String(decoding: UnsafeBufferPointer(start: octets, count: Int(length)), as: UTF8.self)
    }

    private func degrees(_ entry: MMDB_entry_s, _ name: String, limit: Double) -> String {
        var number = 0.0
        let width = plenary_mmdb_number(entry, "location", name, &number)
        guard width > 0, number.isFinite, abs(number) <= limit else { return "" }
        return Self.decimal(width == 32 ? "\(Float(number))" : "\(number)")
    }

    /// The shortest text that reads back as the number, as the standard library writes it, but without an exponent,
    /// which it uses below 0.0001, and without `.0`.
    private static func decimal(_ text: String) -> String {
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[mark...].dropFirst()), exponent < 0 else {
            let short = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
            return short == "-0" ? "0" : short
        }
        let digits = String(text[..<mark].filter(\.isNumber))
        return (text.hasPrefix("-") ? "-0." : "0.") + String(repeating: "0", count: -exponent - 1) + digits
    }

    // MARK: failures

    private static func failure(path: String, status: Int32, fault: Int32) -> CommandFailure {
        switch (status, fault) {
        case (MMDB_FILE_OPEN_ERROR, ENOENT):
            CommandFailure(
                message: "there is no geolocation database at \(path)",
                remedy: "Put a GeoLite2-City.mmdb there, or name the one that you have.", exitCode: 78)
        case (MMDB_FILE_OPEN_ERROR, EACCES):
            CommandFailure(
                message: "the geolocation database \(path) may not be read by this user",
                remedy: "Let this user read the file and enter its directories.", exitCode: 78)
        // An empty file and a directory are what cannot be mapped.
        case (MMDB_INVALID_METADATA_ERROR, _), (MMDB_UNKNOWN_DATABASE_FORMAT_ERROR, _), (MMDB_IO_ERROR, EINVAL),
            (MMDB_IO_ERROR, ENODEV):
            CommandFailure(
                message: "\(path) is no MaxMind database",
                remedy: "It has to be an unpacked .mmdb file of format 2, like GeoLite2-City.mmdb.", exitCode: 78)
        default:
            CommandFailure(
                message: "the geolocation database \(path) cannot be used: \(reason(status: status, fault: fault))",
                remedy: "Check that it is a whole .mmdb file that this user may read; get it anew if it is.",
                exitCode: 78)
        }
    }

    private static func reason(status: Int32, fault: Int32) -> String {
        fault == 0 ? String(cString: MMDB_strerror(status)) : String(cString: strerror(fault))
    }
}
