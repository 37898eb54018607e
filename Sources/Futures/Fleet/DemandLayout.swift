import Shop
package import Simulation

/// The cells of the sums of demand.
///
/// Rows are items, categories, and all items together. Columns are the days from the origin, and
/// the whole horizon.
package struct DemandLayout: Sendable, Hashable, Codable {
    /// The names of the categories, ascending; the empty name stands for items without a category.
    package let categories: [String]
    /// The index in ``categories`` of each item of the model's catalogue.
    let categoryIndices: [Int32]
    /// The number of days of the horizon, 24 hours each; the last one may be shorter.
    package let days: Int

    private enum CodingKeys: String, CodingKey {
        case categories, days
        case categoryIndices = "categoryPlaces"
    }

    /// The most cells, which take half a gigabyte.
    static let cellLimit = 1 << 25

    /// Creates a layout.
    ///
    /// - Parameters:
    ///   - names: The category of each item of the model's catalogue; empty for none.
    ///   - horizonSeconds: The length of the paths.
    /// - Throws: ``FuturesError`` if there would be more than ``cellLimit`` cells.
    package init(categories names: [String], horizonSeconds: Int64) throws(FuturesError) {
        categories = Set(names).sorted()
        var indices: [String: Int32] = [:]
        for (index, name) in categories.enumerated() { indices[name] = Int32(index) }
        categoryIndices = names.map { indices[$0] ?? 0 }
        days = Int((max(1, horizonSeconds) + 86_399) / 86_400)
        try validate()
    }

    func validate() throws(FuturesError) {
        let isSound =
            (1...366).contains(days)
            && categoryIndices.allSatisfy { categories.indices.contains(Int($0)) }
        guard isSound, categoryIndices.count < Self.cellLimit, cellCount <= Self.cellLimit else {
            throw FuturesError(
                "The demand for \(categoryIndices.count) items on \(days) days does not fit into "
                    + "memory.",
                remedy: .shortenHorizon)
        }
    }

    /// The rows: each item, each category, all together.
    var rowCount: Int { categoryIndices.count + categories.count + 1 }

    /// The columns: each day, the whole horizon.
    var columnCount: Int { days + 1 }

    var cellCount: Int { rowCount * columnCount }

    /// The row of a category.
    func row(ofCategory index: Int) -> Int { categoryIndices.count + index }

    /// The row of all items together.
    var rowOfAll: Int { rowCount - 1 }

    /// The contributions of one twin to the sums.
    ///
    /// - Parameters:
    ///   - futures: The twin's futures, as long as the horizon.
    ///   - types: The types of events that count; all if `nil`.
    /// - Returns: The cells with an event on any path, ascending.
    /// - Complexity: O(n log n) in the events of all paths.
    func cells(of futures: Futures, types: Set<EventType>?) -> [DemandCell] {
        let paths = UInt64(max(1, futures.pathCount))
        // One entry for each event, cell and path; sorting brings equal entries together.
        var entries: [UInt64] = []
        for path in 0..<futures.pathCount {
            for event in futures.path(path) where types?.contains(event.type) ?? true {
                let item = Int(event.item)
                guard categoryIndices.indices.contains(item) else { continue }
                let day = min(days - 1, max(0, Int((event.time - futures.origin) / 86_400)))
                func add(row: Int) {
                    let start = row * columnCount
                    entries.append(UInt64(start + day) * paths + UInt64(path))
                    entries.append(UInt64(start + days) * paths + UInt64(path))
                }
                add(row: item)
                add(row: row(ofCategory: Int(categoryIndices[item])))
                add(row: rowOfAll)
            }
        }
        entries.sort()
        var cells: [DemandCell] = []
        var start = 0
        while start < entries.count {
            let end = entries[start...].firstIndex { $0 != entries[start] } ?? entries.count
            let index = Int(entries[start] / paths)
            if cells.last?.index != index { cells.append(DemandCell(index: index)) }
            cells[cells.count - 1].add(pathWith: UInt64(end - start))
            start = end
        }
        return cells
    }
}

/// The contribution of one twin to one cell.
struct DemandCell: Sendable, Hashable {
    /// The index of the cell, row by row.
    let index: Int
    /// The number of events in the cell over all paths.
    private(set) var count: UInt64 = 0
    /// The sum over paths of the squared number of events.
    private(set) var squares: UInt64 = 0

    init(index: Int) { self.index = index }

    /// Adds a path with a number of events in the cell.
    mutating func add(pathWith events: UInt64) {
        count += events
        squares += events * events
    }
}
