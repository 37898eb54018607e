import Shop
package import Simulation

/// What demand is summed up by: items, categories and all together, on each day from the origin and
/// over the whole horizon.
package struct DemandLayout: Sendable, Hashable, Codable {
    /// The names of the categories, ascending; empty that of items without one.
    package let categories: [String]
    /// The place in ``categories`` of each item of the model's catalogue.
    let categoryPlaces: [Int32]
    /// The days of the horizon, 24 hours each; the last may be cut short.
    package let days: Int

    /// Sums at most: half a gigabyte of them.
    static let cellLimit = 1 << 25

    /// Makes a shape.
    ///
    /// - Parameters:
    ///   - names: The category of each item of the model's catalogue; empty if it has none.
    ///   - horizonSeconds: How far futures reach.
    /// - Throws: ``FuturesError`` if that would be too many sums to keep in memory.
    package init(categories names: [String], horizonSeconds: Int64) throws(FuturesError) {
        categories = Set(names).sorted()
        var places: [String: Int32] = [:]
        for (place, name) in categories.enumerated() { places[name] = Int32(place) }
        categoryPlaces = names.map { places[$0] ?? 0 }
        days = Int((max(1, horizonSeconds) + 86_399) / 86_400)
        try validate()
    }

    func validate() throws(FuturesError) {
        let isSound =
            (1...366).contains(days)
            && categoryPlaces.allSatisfy { categories.indices.contains(Int($0)) }
        guard isSound, categoryPlaces.count < Self.cellLimit, cellCount <= Self.cellLimit else {
            throw FuturesError(
                "Demand of \(categoryPlaces.count) items on \(days) days does not fit into memory.",
                remedy: .shortenHorizon)
        }
    }

    /// The rows: each item, each category, all together.
    var rowCount: Int { categoryPlaces.count + categories.count + 1 }

    /// The columns: each day, the whole horizon.
    var columnCount: Int { days + 1 }

    var cellCount: Int { rowCount * columnCount }

    /// The row of a category.
    func row(ofCategory place: Int) -> Int { categoryPlaces.count + place }

    /// The row of all items together.
    var rowOfAll: Int { rowCount - 1 }

    /// What one twin's futures add to the sums.
    ///
    /// - Parameters:
    ///   - futures: The twin's futures, as long as the horizon.
    ///   - types: The types of events that count; all if `nil`.
    /// - Returns: The cells in which any path has something, ascending.
    /// - Complexity: O(n log n) in the events of all paths.
    func cells(of futures: Futures, types: Set<EventType>?) -> [DemandCell] {
        let paths = UInt64(max(1, futures.pathCount))
        // Every event is noted in each of its cells, by path: equal notes are then neighbours.
        var notes: [UInt64] = []
        for path in 0..<futures.pathCount {
            for event in futures.path(path) where types?.contains(event.type) ?? true {
                let item = Int(event.item)
                guard categoryPlaces.indices.contains(item) else { continue }
                let day = min(days - 1, max(0, Int((event.time - futures.origin) / 86_400)))
                func note(_ row: Int) {
                    let start = row * columnCount
                    notes.append(UInt64(start + day) * paths + UInt64(path))
                    notes.append(UInt64(start + days) * paths + UInt64(path))
                }
                note(item)
                note(row(ofCategory: Int(categoryPlaces[item])))
                note(rowOfAll)
            }
        }
        notes.sort()
        var cells: [DemandCell] = []
        var start = 0
        while start < notes.count {
            let end = notes[start...].firstIndex { $0 != notes[start] } ?? notes.count
            let place = Int(notes[start] / paths)
            if cells.last?.place != place { cells.append(DemandCell(place: place)) }
            cells[cells.count - 1].add(UInt64(end - start))
            start = end
        }
        return cells
    }
}

/// What one twin adds to one sum.
struct DemandCell: Sendable, Hashable {
    /// The place of the sum.
    let place: Int
    /// How many events the paths have there together.
    private(set) var count: UInt64 = 0
    /// The sum of the squares of the paths' numbers of events.
    private(set) var squares: UInt64 = 0

    init(place: Int) { self.place = place }

    /// Adds a path with some events.
    mutating func add(_ events: UInt64) {
        count += events
        squares += events * events
    }
}
