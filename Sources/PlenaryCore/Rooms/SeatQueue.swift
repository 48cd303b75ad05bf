package import BigBlueButton

/// Who waits for a seat in a full room (`rooms-api.md` 11.8): first come, first served. A place is given up when nothing was heard
/// of its visitor for ``patience``.
package struct SeatQueue<Visitor: Hashable & Sendable>: Sendable {
    private struct Place {
        let visitor: Visitor
        var heard: WireTime
    }

    private var places: [Place] = []

    package static var patience: Duration { .seconds(60) }

    package init() {}

    package var count: Int { places.count }

    /// In the order in which they came.
    package var visitors: [Visitor] { places.map(\.visitor) }

    /// How many come before; `nil`: not in it.
    package func ahead(of visitor: Visitor) -> Int? { places.firstIndex { $0.visitor == visitor } }

    /// The visitor was heard of: gets a place, or keeps it. Who was silent for too long gets a new one, also before
    /// ``expire(at:)`` looked.
    ///
    /// - Returns: how many come before.
    package mutating func heard(of visitor: Visitor, at now: WireTime) -> Int {
        if let place = ahead(of: visitor), now.since(places[place].heard) < Self.patience {
            places[place].heard = max(places[place].heard, now)
            return place
        }
        left(visitor)
        places.append(Place(visitor: visitor, heard: now))
        return places.count - 1
    }

    /// Was let in, or went away.
    package mutating func left(_ visitor: Visitor) { places.removeAll { $0.visitor == visitor } }

    /// - Returns: whose place was given up.
    package mutating func expire(at now: WireTime) -> [Visitor] {
        let gone = places.filter { now.since($0.heard) >= Self.patience }.map(\.visitor)
        places.removeAll { gone.contains($0.visitor) }
        return gone
    }
}
