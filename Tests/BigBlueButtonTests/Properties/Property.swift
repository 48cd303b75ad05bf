@testable import BigBlueButton

/// What holds for any input at all. The fuzzer (`scripts/fuzz`) looks for an input for which it does not; `Corpus` keeps
/// the inputs that are worth trying each time.
enum Property: String, CaseIterable, Sendable {
    /// A query or form body: what the parser reads is written and read again alike.
    case query
    /// A query to be signed: its checksum verifies, and for nothing but what it says.
    case checksum
    /// A content type, a query and a body, one line each (the body is the rest): a call that nobody signed.
    case call
    /// A document: the reader says what an independent scanner says, or refuses it.
    case xml
    /// A document: edits change what they shall and nothing else.
    case rewrite
    /// An answer: what is read of it is in it.
    case reply
    /// Decisions of which ``DocumentMaker`` makes a well-formed document: it is read, and the three above hold for it.
    case document
    /// Three or four lines of which a big input is made: see ``Growth``. It costs time and memory in proportion.
    case growth

    /// The folder of its inputs in `Corpus`.
    var folder: String {
        switch self {
        case .query, .checksum: "query"
        case .xml, .rewrite, .reply: "xml"
        case .call, .document, .growth: rawValue
        }
    }

    func check(_ octets: [UInt8]) throws {
        switch self {
        case .query: try WireProperties.query(octets)
        case .checksum: try WireProperties.checksum(octets)
        case .call: try WireProperties.call(octets)
        case .xml: try XMLProperties.read(octets)
        case .rewrite: try XMLProperties.rewrite(octets)
        case .reply: try XMLProperties.reply(octets)
        case .document: try XMLProperties.made(octets)
        case .growth: try Growth.check(octets)
        }
    }
}

/// A property does not hold.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// `#expect` is not to be had in the fuzzer.
func require(_ holds: Bool, _ description: @autoclosure () -> String) throws {
    if !holds { throw Broken(description()) }
}

func require<Value>(_ value: Value?, _ description: @autoclosure () -> String) throws -> Value {
    guard let value else { throw Broken(description()) }
    return value
}

extension SplitMix64 {
    /// The same input makes the same choices, so a corpus file needs no seed beside it.
    init(octets: [UInt8]) {
        self.init(seed: octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 })
    }
}

extension Parameters {
    /// Names and values as octets: `==` of strings takes two spellings of one letter for the same.
    var octets: [[[UInt8]]] { all.map { [Array($0.name.utf8), Array($0.value.utf8)] } }

    var size: Int { all.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }
}
