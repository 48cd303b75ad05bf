import Glibc

/// The property that is fuzzed, by `--property=NAME`: libFuzzer leaves options with two hyphens to us.
private let property: Property = {
    let name = CommandLine.arguments.lazy.filter { $0.hasPrefix("--property=") }.map { String($0.dropFirst(11)) }.first
    guard let property = name.flatMap(Property.init(rawValue:)) else {
        fatalError(
            "usage: fuzz --property=\(Property.allCases.map(\.rawValue).joined(separator: "|")) [libFuzzer's options]")
    }
    return property
}()

/// Seconds of processor time that one input may cost. Not of the clock: that runs on while others use the machine.
private let longest = 2.0

/// What libFuzzer calls for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    let begin = clock()
    do { try property.check(octets) } catch { fatalError("BROKEN \(property.rawValue): \(error)") }
    let seconds = Double(clock() - begin) / Double(CLOCKS_PER_SEC)
    if seconds > longest { fatalError("SLOW \(property.rawValue): \(seconds) seconds") }
    return 0
}
