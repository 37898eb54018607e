import Foundation
import Prediction
import Shop
import Time
import TwinStorage

@testable import Fleet
@testable import Reports
@testable import Simulation

/// Fleet files made by hand, in a folder that goes with them.
final class FleetFolder {
    let folder: URL
    /// The moment from which the newer run looks, a Monday.
    static let origin = Timestamp(seconds: 1_767_571_200)
    static let days = 14

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-fleet-report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes lines and returns where.
    func write(_ name: String, _ lines: [String], end: String = "\n") throws -> String {
        let text = lines.joined(separator: "\n") + end
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// A line about one item of a twin.
    static func line(
        _ twin: Int, _ item: String, probability: Double = 0.5, count: Double? = nil,
        error: Double = 0.05, days: [Int64] = [1, 3, 9], from: Timestamp = origin,
        horizon: Double = Double(days)
    ) throws -> String {
        let times = days.map { Timestamp(seconds: from.seconds + $0 * 86_400).iso8601 }
        let line = FleetLine(
            twin: "twin-\(twin)", itemID: item, asOf: from.iso8601, horizonDays: horizon,
            probability: probability, low: probability / 2, high: (1 + probability) / 2,
            calibratedProbability: nil, expectedCount: count ?? probability, expectedError: error,
            firstTime10: times[0],
            firstTimeMedian: times[1], firstTime90: times[2])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(line), as: UTF8.self)
    }

    /// A made-up purchase of a twin in one of its futures.
    private static func purchase(
        _ step: Int, twin: Int, path: Int, from: Timestamp
    ) -> SimulatedEvent {
        let day = (twin * 7 + step * 3 + path) % days
        return SimulatedEvent(
            time: from.seconds + Int64(day) * 86_400, type: EventType.purchase,
            item: Int32((twin + step) % 12), expertIndex: 0)
    }

    /// A run of some twins with three items each, and its demand by day.
    func run(
        _ world: World, _ name: String, twins: Range<Int>, scale: Double = 1,
        from: Timestamp = origin, demandError: DemandError = .none
    ) throws -> FleetReport.Files {
        let ids = Array(world.model.catalogue.itemIDs.prefix(12))
        var lines: [String] = []
        for twin in twins {
            for place in 0..<3 {
                let rank = Double(place + 1)
                let item = ids[(twin + place * place) % ids.count]
                let count: Double = scale * Double(1 + twin % 4) / rank
                lines.append(
                    try Self.line(twin, item, probability: 0.9 / rank, count: count, from: from))
            }
        }
        let fleet = try write(name + ".jsonl", lines)
        let names = try world.store.items(ids)
        let shape = try DemandLayout(
            categories: ids.map { names[$0]?.category ?? "" },
            horizonSeconds: Int64(Self.days) * 86_400)
        var demand = try FleetDemand(shape, paths: 4)
        for twin in twins {
            var paths: [[SimulatedEvent]] = []
            for path in 0..<4 {
                let count = Int(scale * Double(2 + (twin + path) % 3))
                let events = (0..<count).map {
                    Self.purchase($0, twin: twin, path: path, from: from)
                }
                paths.append(events.sorted { $0.time < $1.time })
            }
            let futures = Futures(
                origin: from.seconds, horizonSeconds: Int64(Self.days) * 86_400, paths: paths,
                mixtureWeights: [], isCold: false)
            try demand.add(
                TwinForecast(
                    pseudonym: "", items: [], calibrated: [:],
                    demand: shape.cells(of: futures, types: nil)))
        }
        try DemandFile.write(
            demand,
            FleetSettings(
                origin: from.seconds, horizonSeconds: Int64(Self.days) * 86_400, paths: 4),
            itemIDs: ids, demandError: demandError, to: path(name + ".csv"))
        return FleetReport.Files(fleet: [fleet], demand: [path(name + ".csv")])
    }
}

extension FleetReport {
    /// A report without a look at how far reading is.
    init(_ files: Files, before: Files = Files(), _ world: World) throws {
        try self.init(files, before: before, store: world.store) { _ in }
    }
}
