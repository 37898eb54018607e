import Foundation
import FuturesFixtures
import Learning
import Prediction
import Shop
import SyntheticShop
import Testing
import Time
import TwinFixtures
import TwinStorage

@testable import Fleet
@testable import Simulation

@Suite("Fleet demand")
struct DemandTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-demand-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func clear() { try? FileManager.default.removeItem(at: folder) }

    /// A forecast with contributions to demand only.
    private func forecast(_ paths: Futures, _ layout: DemandLayout) -> TwinForecast {
        TwinForecast(
            pseudonym: "p", items: [], calibrated: [:],
            demand: layout.cells(of: paths, types: [purchase]))
    }

    /// Items 0 and 2 are tea, item 1 has no category.
    private func layout(_ horizonDays: Int64 = 2) throws -> DemandLayout {
        try DemandLayout(categories: ["tea", "", "tea"], horizonSeconds: horizonDays * day)
    }

    /// Two twins by hand, of four paths each.
    private func twins() -> [Futures] {
        [
            futures(
                [
                    [event(0, at: 10), event(2, at: 20)], [event(0, at: day)],
                    [event(1, at: 5, type: EventType.view)], [],
                ], horizon: 2 * day),
            // The last second of the horizon belongs to its last day.
            futures([[event(0, at: 2 * day)], [], [], []], horizon: 2 * day),
        ]
    }

    @Test("Means and spreads of items, categories and all equal counts by hand")
    func counts() throws {
        let layout = try layout()
        #expect(layout.categories == ["", "tea"] && layout.days == 2)
        var demand = try FleetDemand(layout, paths: 4)
        for twin in twins() { try demand.add(forecast(twin, layout)) }
        func row(_ row: Int) -> [Double] {
            (0...2).map { demand.estimate(row: row, column: $0).expected }
        }
        #expect(row(0) == [0.25, 0.5, 0.75])
        #expect(row(1) == [0, 0, 0])
        #expect(row(2) == [0.25, 0, 0.25])
        #expect(row(layout.row(ofCategory: 0)) == [0, 0, 0])
        #expect(row(layout.row(ofCategory: 1)) == [0.5, 0.5, 1])
        #expect(row(layout.rowOfAll) == [0.5, 0.5, 1])
        // The paths of the first twin have 2, 1, 0, 0, those of the second 1, 0, 0, 0.
        let all = demand.estimate(row: layout.rowOfAll, column: 2)
        let variance = 2.75 / 3 + 0.75 / 3
        #expect(abs(all.deviation - variance.squareRoot()) < 1e-12)
        #expect(abs(all.error - (variance / 4).squareRoot()) < 1e-12)
        #expect(all.interval.lowerBound == 0)
        #expect(abs(all.interval.upperBound - (1 + 1.644_854 * all.deviation)) < 1e-9)
        let withModelError = demand.estimate(row: layout.rowOfAll, column: 2, modelError: 0.3)
        let spread = (variance + 0.3 * 0.3).squareRoot()
        #expect(abs(withModelError.interval.upperBound - (1 + 1.644_854 * spread)) < 1e-9)
    }

    @Test("Twins in any order add up to the same bits")
    func order() throws {
        let layout = try layout()
        let forecasts =
            twins().map { forecast($0, layout) } + [forecast(futures([[], []]), layout)]
        var forwards = try FleetDemand(layout, paths: 4)
        var backwards = forwards
        for twin in forecasts { try forwards.add(twin) }
        for twin in forecasts.reversed() { try backwards.add(twin) }
        #expect(forwards == backwards)
    }

    @Test("The state of a run is read back unchanged; damage is an error")
    func kept() throws {
        let layout = try layout()
        var demand = try FleetDemand(layout, paths: 4)
        for twin in twins() { try demand.add(forecast(twin, layout)) }
        for _ in 0..<300 { try demand.add(forecast(twins()[0], layout)) }
        let data = try JSONEncoder().encode(demand)
        #expect(try JSONDecoder().decode(FleetDemand.self, from: data) == demand)
        let text = String(decoding: data, as: UTF8.self)
        for (good, bad) in [
            ("\"paths\":4", "\"paths\":1"), ("\"days\":2", "\"days\":3"),
            ("\"days\":2", "\"days\":-1"), ("[1,0,1]", "[1,0,9]"), ("[1,0,1]", "[1,0]"),
            ("\"sums\":\"", "\"sums\":\"gICAgICAgICAgIA"),
        ] {
            #expect(text.contains(good))
            let damaged = Data(text.replacing(good, with: bad).utf8)
            #expect(throws: (any Error).self, "\(bad)") {
                try JSONDecoder().decode(FleetDemand.self, from: damaged)
            }
        }
    }

    @Test("A resumed file has the sums of the finished twins only")
    func resumed() throws {
        defer { clear() }
        let layout = try layout()
        var demand = try FleetDemand(layout, paths: 4)
        let line = Data((String(repeating: "x", count: 400) + "\n").utf8)
        do {
            let file = try FleetFile(path("out"), work: "w")
            #expect(file.demand == nil)
            for next in 1...9 {
                try demand.add(forecast(twins()[next % 2], layout))
                try file.append(line, demand: demand, next: next)
            }
        }
        let file = try FleetFile(path("out"), work: "w")
        // Not every state is written, but lines and sums of a state agree.
        #expect((1...9).contains(file.next))
        var known = try FleetDemand(layout, paths: 4)
        for next in 1...file.next { try known.add(forecast(twins()[next % 2], layout)) }
        #expect(file.demand == known)
        for next in stride(from: file.next + 1, through: 9, by: 1) {
            try known.add(forecast(twins()[next % 2], layout))
            try file.append(line, demand: known, next: next)
        }
        #expect(known == demand)
        try file.finish()
        let written = try #require(FileManager.default.contents(atPath: path("out")))
        #expect(written.count == 9 * line.count)
    }

    @Test("Layouts that are too large and single paths are refused")
    func limits() throws {
        #expect(throws: FuturesError.self) { try FleetDemand(try layout(), paths: 1) }
        #expect(throws: FuturesError.self) {
            try DemandLayout(
                categories: [String](repeating: "", count: 100_000), horizonSeconds: 366 * day)
        }
        #expect(throws: FuturesError.self) {
            try DemandLayout(categories: ["a"], horizonSeconds: 367 * day)
        }
        #expect(try DemandLayout(categories: [], horizonSeconds: 1).days == 1)
    }

    @Test("The file holds the sums, and shards add up to the whole")
    func file() throws {
        defer { clear() }
        let layout = try layout()
        let settings = FleetSettings(origin: 0, horizonSeconds: 2 * day, paths: 4)
        let itemIDs = ["a,\"1\"", "b", "c"]
        let error = DemandError(item: 0.4, category: 0.2, all: 0.1)
        var whole = try FleetDemand(layout, paths: 4)
        var tables: [DemandTable] = []
        for (index, twin) in twins().enumerated() {
            try whole.add(forecast(twin, layout))
            var part = try FleetDemand(layout, paths: 4)
            try part.add(forecast(twin, layout))
            try DemandFile.write(
                part, settings, itemIDs: itemIDs, demandError: error, to: path("\(index).csv"))
            tables.append(try DemandTable(path: path("\(index).csv")))
        }
        try DemandFile.write(
            whole, settings, itemIDs: itemIDs, demandError: error, to: path("whole.csv"))
        let table = try DemandTable(path: path("whole.csv"))
        #expect(table.origin.seconds == 0 && table.end.seconds == 2 * day && table.dayCount == 2)
        #expect(
            Set(table.series.keys) == [
                .all, .category(""), .category("tea"), .item(itemIDs[0]), .item("c"),
            ])
        let all = try #require(table[.all])
        #expect(all.whole == whole.estimate(row: layout.rowOfAll, column: 2, modelError: 0.1))
        #expect(abs(all.whole.modelError - 0.1) < 1e-12)
        #expect(abs((table[.category("tea")]?.whole.modelError ?? 0) - 0.2) < 1e-12)
        #expect(abs((table[.item("c")]?.whole.modelError ?? 0) - 0.4 * 0.25) < 1e-12)
        #expect(all.days.map(\.expected) == [0.5, 0.5])
        #expect(table[.item(itemIDs[0])]?.whole.expected == 0.75)
        var sum = tables[0]
        try sum.add(tables[1])
        #expect(Set(sum.series.keys) == Set(table.series.keys))
        for (subject, series) in sum.series {
            let other = try #require(table[subject])
            for (a, b) in zip(series.days + [series.whole], other.days + [other.whole]) {
                #expect(abs(a.expected - b.expected) < 1e-12)
                #expect(abs(a.deviation - b.deviation) < 1e-12 && abs(a.error - b.error) < 1e-12)
                // Model errors are common to all shards, so they add.
                #expect(abs(a.modelError - b.modelError) < 1e-12)
            }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!left.contains { $0.hasSuffix(".partial") })
        #expect(throws: FuturesError.self) {
            try DemandFile.write(
                whole, settings, itemIDs: itemIDs, to: path("no/such/folder.csv"))
        }
    }

    @Test("Items and categories that begin like formulas are guarded, and read back unchanged")
    func formulas() throws {
        defer { clear() }
        let starts = ["=", "+", "-", "@", "\t", "\0", "'", "''"]
        let layout = try DemandLayout(
            categories: starts.map { $0 + "category" }, horizonSeconds: 2 * day)
        let settings = FleetSettings(origin: 0, horizonSeconds: 2 * day, paths: 4)
        let itemIDs = starts.map { $0 + "1+cmd|' /C calc'!A0" }
        var demand = try FleetDemand(layout, paths: 4)
        for item in starts.indices {
            let paths = futures(
                [[event(Int32(item), at: 10)], [], [], []], horizon: 2 * day)
            try demand.add(forecast(paths, layout))
        }
        try DemandFile.write(demand, settings, itemIDs: itemIDs, to: path("d.csv"))
        let text = try String(contentsOfFile: path("d.csv"), encoding: .utf8)
        for line in text.split(separator: "\n") {
            // The first three columns are texts.
            for cell in line.split(separator: ",", omittingEmptySubsequences: false).prefix(3) {
                let first = cell.unicodeScalars.first { $0 != "\"" }
                #expect(!["=", "+", "-", "@", "\t", "\0"].contains(first), "\(line)")
            }
        }
        let table = try DemandTable(path: path("d.csv"))
        let expected =
            [.all] + itemIDs.map { DemandTable.Subject.item($0) }
            + starts.map { .category($0 + "category") }
        #expect(Set(table.series.keys) == Set(expected))
        let attributes = try FileManager.default.attributesOfItem(atPath: path("d.csv"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("Bad rows are reported with their line")
    func badRows() throws {
        defer { clear() }
        let header = DemandFile.header.joined(separator: ",")
        let first = "all,,,0,1970-01-01T00:00:00Z,1970-01-03T00:00:00Z,1,0,2,0.5,0.1,0"
        let next = "all,,,1,1970-01-01T00:00:00Z,1970-01-02T00:00:00Z,1,0,2,0.5,0.1,0"
        func read(_ lines: [String]) throws -> DemandTable {
            let text = lines.joined(separator: "\n")
            try Data(text.utf8).write(to: URL(fileURLWithPath: path("bad.csv")))
            return try DemandTable(path: path("bad.csv"))
        }
        #expect(try read([header, first, next]).series.count == 1)
        let oldHeader =
            "level,item_id,category,day,from,to,expected,low,high,deviation,error,model_error"
        #expect(try read([oldHeader, first, next]).series.count == 1)
        let cases: [([String], String)] = [
            ([], "does not begin"), (["a,b"], "does not begin"), ([header], "line 1"),
            ([header, next], "line 2"), ([header, first, "all,,,1"], "line 3: it has 4 fields"),
            ([header, first, first], "line 3: the row occurs twice"),
            ([header, first, next.replacing("all", with: "shelf")], "line 3: the level"),
            ([header, first, next.replacing(",1,0,2", with: ",x,0,2")], "line 3: a number"),
            ([header, first, next.replacing(",1,0,2", with: ",nan,0,2")], "line 3: a number"),
            ([header, first, next.replacing(",,1,", with: ",,7,")], "line 3: day 7"),
            ([header, first, next.replacing("1970-01-02", with: "1970-01-04")], "line 3: day 1"),
            ([header, first, next + "\"\"", "all,\""], "line 3"),
            ([header, first.replacing("1970-01-03", with: "1999-01-03")], "line 2"),
        ]
        for (lines, part) in cases {
            let error = #expect(throws: FuturesError.self, "\(lines)") { try read(lines) }
            let text = error?.description ?? ""
            #expect(text.contains(part), "\(part): \(text)")
        }
        #expect(throws: TwinsError.self) { try DemandTable(path: path("missing.csv")) }
        var two = try read([header, first])
        let other = try read([header, first.replacing("1970-01-03", with: "1970-01-04")])
        #expect(throws: FuturesError.self) { try two.add(other) }
    }
}

@Suite("Fleet demand of a store")
struct FleetDemandTests {
    @Test("Shards, threads and batches do not affect the sums")
    func parts() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-fleet-demand-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shop = try ShopGenerator(.init(customers: 40, items: 60, days: 60))
        let store = try TwinStore(
            path: folder.appending(path: "store").path,
            pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
        _ = try store.append(Array(shop.events()))
        let model = try World.model()
        let names = model.catalogue.itemIDs.indices.map { $0.isMultiple(of: 3) ? "a" : "b" }
        let layout = try DemandLayout(categories: names, horizonSeconds: 14 * day)
        let origin = try #require(try store.newestEvent()).seconds
        func sums(_ ranges: [Range<Int>], threads: Int, shards: [Shard]) throws
            -> (FleetDemand, [TwinForecast])
        {
            var demand = try FleetDemand(layout, paths: 20)
            var all: [TwinForecast] = []
            for shard in shards {
                let fleet = try FleetSimulator(
                    store, model,
                    settings: FleetSettings(
                        origin: origin, horizonSeconds: 14 * day, paths: 20, count: 1_000,
                        types: [purchase], shard: shard), demand: layout)
                for range in ranges {
                    for forecast in try fleet.forecasts(
                        of: range.map(TwinID.init(rawValue:)), threads: threads)
                    {
                        try demand.add(forecast)
                        all.append(forecast)
                    }
                }
            }
            return (demand, all)
        }
        let (whole, forecasts) = try sums([0..<40], threads: 1, shards: [.whole])
        #expect(try sums([0..<7, 7..<40], threads: 2, shards: [.whole]).0 == whole)
        let thirds = (1...3).compactMap { Shard("\($0)/3") }
        #expect(try sums([0..<40], threads: 2, shards: thirds).0 == whole)
        // The same events are counted for each twin and item.
        let lines = forecasts.flatMap(\.items)
        let total = whole.estimate(row: layout.rowOfAll, column: layout.days).expected
        #expect(total > 1)
        #expect(abs(lines.reduce(0) { $0 + $1.expectedCount } - total) < 1e-6)
        let errors = lines.reduce(0) { $0 + $1.expectedError * $1.expectedError }
        let items = names.indices.reduce(0.0) {
            let error = whole.estimate(row: $1, column: layout.days).error
            return $0 + error * error
        }
        #expect(abs(errors - items) < 1e-6)
    }
}
