import Foundation
import Prediction
import Testing
import Time

@testable import Fleet
@testable import Reports
@testable import Simulation

@Suite struct FleetReportTests {
    @Test func addsUpWhatTheLinesSay() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        let ids = world.model.catalogue.itemIDs
        let fleet = try folder.write(
            "fleet.jsonl",
            [
                try FleetFolder.line(1, ids[0], probability: 0.9, count: 2),
                try FleetFolder.line(1, ids[1], probability: 0.3),
                try FleetFolder.line(2, ids[0], probability: 0.1),
                try FleetFolder.line(3, "unknown", probability: 1, count: 4),
            ])
        let report = try FleetReport(.init(fleet: [fleet]), world)
        #expect(report.twins == 3 && report.forecasts == 4 && !report.hasDemand)
        #expect(report.from == FleetFolder.origin.iso8601 && report.dayCount == 14)
        #expect(abs(report.purchases.expected - 6.4) < 1e-9 && report.purchases.low == nil)
        #expect(report.items.map(\.itemID) == ["unknown", ids[0], ids[1]])
        #expect(report.items[0].name == "unknown" && report.items[0].spend == nil)
        #expect(abs(report.items[1].buyers - 1) < 1e-9)
        #expect(report.probabilityHistogram.map(\.count) == [0, 1, 0, 1, 0, 0, 0, 0, 0, 2])
        #expect(report.mostActive.map(\.customerKey) == ["twin-3", "twin-1", "twin-2"])
        #expect(report.leastActive.map(\.customerKey) == ["twin-2", "twin-1", "twin-3"])
        #expect(report.pricedFraction < 1 && report.pricedFraction > 0)
        #expect(abs(report.firstPurchasesByDay.reduce(0, +) - 2.3) < 1e-9)
        #expect(report.change == nil)
    }

    @Test func spreadsFirstPurchasesOverTheDays() throws {
        let folder = try FleetFolder()
        let path = try folder.write(
            "fleet.jsonl",
            [try FleetFolder.line(1, "a", probability: 0.5, days: [1, 3, 9])])
        var reader = try FleetReader(paths: [path])
        let twin = try #require(try reader.nextTwin())
        var tally = FleetAggregates(try #require(reader.span))
        tally.add(twin)
        let firsts = try #require(tally.items["a"]).firsts
        let expected =
            [0.1, 0.2, 0.2] + Array(repeating: 0.4 / 6, count: 6)
            + Array(repeating: 0.1 / 5, count: 5)
        #expect(firsts.count == 14)
        for (day, share) in expected.enumerated() {
            #expect(abs(firsts[day] - share / 2) < 1e-9, "day \(day)")
        }
    }

    @Test func allAtOneMomentFallsOnOneDay() throws {
        let folder = try FleetFolder()
        let path = try folder.write(
            "fleet.jsonl", [try FleetFolder.line(1, "a", probability: 1, days: [2, 2, 2])])
        var reader = try FleetReader(paths: [path])
        var tally = FleetAggregates(
            FleetReader.Span(origin: FleetFolder.origin, days: Double(FleetFolder.days)))
        tally.add(try #require(try reader.nextTwin()))
        let firsts = try #require(tally.items["a"]).firsts
        #expect(abs(firsts.reduce(0, +) - 1) < 1e-9)
        #expect(firsts[1] > 0.8)
    }

    @Test func demandByDayComesFromItsFile() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        let files = try folder.run(world, "now", twins: 0..<40)
        let report = try FleetReport(files, world)
        #expect(report.hasDemand && report.purchasesByDay.count == 14)
        let sum = report.purchasesByDay.reduce(0) { $0 + $1.expected }
        #expect(abs(sum - report.purchases.expected) < 1e-9)
        let low = try #require(report.purchases.low)
        let high = try #require(report.purchases.high)
        #expect(low < report.purchases.expected && report.purchases.expected < high)
        let categories = report.categories.reduce(0) { $0 + $1.purchases.expected }
        let items = report.items.reduce(0) { $0 + $1.purchases.expected }
        #expect(abs(categories - sum) < 1e-9 && abs(items - sum) < 1e-9)
        for category in report.categories { #expect(category.purchasesByDay.count == 14) }
    }

    @Test func rangesHoldHowFarTheModelWasOff() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        func report(_ error: DemandError) throws -> FleetReport {
            let name = "error-\(error.all)"
            return try FleetReport(
                try folder.run(world, name, twins: 0..<40, demandError: error), world)
        }
        let sure = try report(.none)
        let doubtful = try report(DemandError(item: 0.5, category: 0.3, all: 0.2))
        #expect(!sure.hasModelError && doubtful.hasModelError)
        #expect(sure.purchases.expected == doubtful.purchases.expected)
        let high = try #require(doubtful.purchases.high)
        #expect(high > doubtful.purchases.expected * 1.3)
        #expect(high > (sure.purchases.high ?? high))
        let words = "do not cover the error of the model"
        #expect(try sure.html().contains(words))
        #expect(try !doubtful.html().contains(words))
        #expect(try doubtful.html().contains("the back-test of the model found"))
    }

    @Test func partsAreReadAsTheWhole() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        let whole = try FleetReport(try folder.run(world, "whole", twins: 0..<30), world)
        let parts = [
            try folder.run(world, "one", twins: 0..<11),
            try folder.run(world, "two", twins: 11..<30),
        ]
        let joined = try FleetReport(
            .init(fleet: parts.flatMap(\.fleet), demand: parts.flatMap(\.demand)), world)
        #expect(joined.twins == whole.twins && joined.forecasts == whole.forecasts)
        #expect(abs(joined.purchases.expected - whole.purchases.expected) < 1e-9)
        #expect(abs((joined.purchases.low ?? 0) - (whole.purchases.low ?? 1)) < 1e-9)
        #expect(joined.items.map(\.itemID) == whole.items.map(\.itemID))
        #expect(joined.mostActive == whole.mostActive && joined.leastActive == whole.leastActive)
    }

    @Test func tellsWhatChanged() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        let earlier = Timestamp(seconds: FleetFolder.origin.seconds - 7 * 86_400)
        let before = try folder.run(world, "before", twins: 0..<60, from: earlier)
        let now = try folder.run(world, "now", twins: 5..<70, scale: 2)
        for hasDemand in [true, false] {
            let report = try FleetReport(
                .init(fleet: now.fleet, demand: hasDemand ? now.demand : []),
                before: .init(fleet: before.fleet, demand: hasDemand ? before.demand : []), world)
            let change = try #require(report.change)
            #expect(change.from == earlier.iso8601)
            #expect(change.twinsBefore == 60 && change.newTwins == 10 && change.goneTwins == 5)
            #expect(change.purchases.isSignificant && change.purchases.difference > 0)
            #expect(change.purchases.marginOfError > 0)
            let sum = change.items.reduce(0) { $0 + $1.difference }
            #expect(abs(sum - change.purchases.difference) < 1e-6)
            let sizes = change.items.map { abs($0.difference) }
            #expect(sizes == sizes.sorted(by: >))
            #expect(change.twins.count == 10)
            #expect(change.twins.allSatisfy { $0.after > $0.before })
        }
    }

    @Test func nothingChangedIsMayBeChance() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        let files = try folder.run(world, "same", twins: 0..<20)
        let change = try #require(try FleetReport(files, before: files, world).change)
        #expect(change.newTwins == 0 && change.goneTwins == 0)
        #expect(!change.purchases.isSignificant && change.purchases.difference == 0)
        #expect(change.items.allSatisfy { $0.difference == 0 && !$0.isSignificant })
    }

    @Test func twinsOfOtherOrdersAreMetToo() throws {
        let folder = try FleetFolder()
        func file(_ name: String, _ twins: [Int]) throws -> [String] {
            [try folder.write(name, try twins.map { try FleetFolder.line($0, "a") })]
        }
        let before = try file("before", Array(0..<50))
        let after = try file("after", Array((10..<60).reversed()))
        let runs = try FleetComparison(after: after, before: before) { _ in }
        #expect(runs.newCount == 10 && runs.goneCount == 10)
        #expect(runs.after.twinCount == 50 && runs.before?.twinCount == 50)
    }

    @Test func runsOfOtherLengthsOrMomentsAreNotMixed() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        let now = try folder.run(world, "now", twins: 0..<5)
        let earlier = Timestamp(seconds: FleetFolder.origin.seconds - 86_400)
        let before = try folder.run(world, "before", twins: 0..<5, from: earlier)
        let short = try folder.write("short", [try FleetFolder.line(1, "a", horizon: 10)])
        #expect(throws: FuturesError.self) {
            try FleetReport(now, before: .init(fleet: [short]), world)
        }
        #expect(throws: FuturesError.self) {
            try FleetReport(.init(fleet: now.fleet, demand: before.demand), world)
        }
        #expect(throws: FuturesError.self) {
            try FleetReport(.init(fleet: now.fleet + before.fleet), world)
        }
    }

    @Test func topListsKeepTheFirst() {
        var list = TopList<Int>(limit: 3) { $0 < $1 }
        for number in [5, 1, 9, 4, 1, 7, 0] { list.add(number) }
        #expect(list.elements == [0, 1, 1])
        var none = TopList<Int>(limit: 0) { $0 < $1 }
        none.add(1)
        #expect(none.elements.isEmpty)
    }
}

@Suite struct FleetReaderTests {
    private func read(_ lines: [String], end: String = "\n") throws -> [FleetTwin] {
        let folder = try FleetFolder()
        var reader = try FleetReader(paths: [try folder.write("fleet.jsonl", lines, end: end)])
        var twins: [FleetTwin] = []
        while let twin = try reader.nextTwin() { twins.append(twin) }
        #expect(reader.fraction == 1)
        return twins
    }

    @Test func groupsLinesByTwin() throws {
        let lines = [
            try FleetFolder.line(1, "a"), try FleetFolder.line(1, "b"), "",
            try FleetFolder.line(2, "a"),
        ]
        for end in ["\n", "", "\n\n"] {
            let twins = try read(lines, end: end)
            #expect(twins.map(\.pseudonym) == ["twin-1", "twin-2"])
            #expect(twins.map { $0.items.map(\.line.itemID) } == [["a", "b"], ["a"]])
        }
    }

    @Test func linesOfEarlierVersionsAreRead() throws {
        let line = try FleetFolder.line(1, "a")
        var old = line
        for (key, oldKey) in [
            ("customer_key", "twin"), ("monte_carlo_error", "expected_error"),
            ("first_time_p10", "first_tenth"), ("first_time_p50", "first_half"),
            ("first_time_p90", "first_nine_tenths"),
        ] {
            #expect(old.contains("\"\(key)\":"))
            old = old.replacing("\"\(key)\":", with: "\"\(oldKey)\":")
        }
        #expect(try read([old]) == read([line]))
    }

    @Test func badLinesAreNamed() throws {
        let good = try FleetFolder.line(1, "a")
        let other = try FleetFolder.line(2, "b")
        let later = Timestamp(seconds: FleetFolder.origin.seconds + 60)
        let cases: [([String], String)] = [
            ([good, String(good.dropLast(9))], "line 2: it is cut off"),
            ([good, "twin,item_id"], "line 2: it is not a line of a fleet file (not JSON)"),
            ([good, "{}"], "line 2: it is not a line of a fleet file (customer_key is missing)"),
            ([good, "[1]"], "line 2: it is not a line of a fleet file"),
            (
                [good, good.replacing("\"probability\":0.5", with: "\"probability\":\"x\"")],
                "line 2: it is not a line of a fleet file (probability has another type)"
            ),
            (
                [good.replacing("\"probability\":0.5", with: "\"probability\":1.5")],
                "line 1: a value"
            ),
            ([good.replacing("\"expected_count\":0.5", with: "\"expected_count\":-1")], "line 1"),
            ([good.replacing("twin-1", with: "")], "line 1: a value"),
            ([good.replacing("\"as_of\":\"20", with: "\"as_of\":\"x\"")], "line 1: "),
            (
                [good.replacing("\"horizon_days\":14", with: "\"horizon_days\":0")],
                "line 1: a value"
            ),
            (
                [good, try FleetFolder.line(2, "a", from: later)],
                "line 2: it belongs to another run"
            ),
            ([good, other, good], "line 3: the first twin occurs again"),
            ([good, String(repeating: "x", count: 1 << 21)], "line 2: it is longer"),
            ([], "holds no forecasts"), (["", ""], "holds no forecasts"),
        ]
        for (lines, part) in cases {
            let error = #expect(throws: FuturesError.self, "\(part)") { try read(lines) }
            let text = error?.description ?? ""
            #expect(text.contains(part), "\(part): \(text)")
        }
    }

    @Test func missingAndUnfinishedFilesAreToldOf() throws {
        let folder = try FleetFolder()
        let error = #expect(throws: FuturesError.self) {
            try FleetReader(paths: [folder.path("no.jsonl")])
        }
        #expect(error?.description.contains("There is no file") == true)
        _ = try folder.write("cut.jsonl.partial", ["{}"])
        let other = #expect(throws: FuturesError.self) {
            try FleetReader(paths: [folder.path("cut.jsonl")])
        }
        #expect(other?.description.contains("is not complete") == true)
    }

    @Test func noBytesMakeItCrash() throws {
        let good = Array(try FleetFolder.line(1, "a").utf8)
        var state: UInt64 = 88
        for _ in 0..<400 {
            var bytes = good
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 40)
            }
            let folder = try FleetFolder()
            let path = folder.path("fuzz")
            try Data(bytes + [10] + good).write(to: URL(fileURLWithPath: path))
            do {
                var reader = try FleetReader(paths: [path])
                while let twin = try reader.nextTwin() {
                    var tally = FleetAggregates(try #require(reader.span))
                    tally.add(twin)
                }
            } catch is FuturesError {}
        }
    }
}
