extension [UInt8] {
    /// Where `wanted` stands first, from a place on. Lists are long and mostly without any: looked for octet by octet.
    ///
    /// - Parameter wanted: two octets or more.
    func firstIndex(of wanted: [UInt8], from start: Int) -> Int? {
        withUnsafeBufferPointer { document in
            wanted.withUnsafeBufferPointer { wanted in
                var at = start
                while at <= document.count - wanted.count {
                    if document[at] == wanted[0], document[at + 1] == wanted[1],
                        document[at..<(at + wanted.count)].elementsEqual(wanted)
                    {
                        return at
                    }
                    at += 1
                }
                return nil
            }
        }
    }
}
