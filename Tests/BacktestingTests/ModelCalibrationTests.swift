import Foundation
import FuturesFixtures
import Kernels
import Learning
import Prediction
import PropertyGraph
import Shop
import SyntheticShop
import TestSupport
import Testing
import TwinStorage

@testable import Backtesting
@testable import Simulation

@Suite("Calibration of a model")
struct ModelCalibrationTests {
    /// Forecasts of three items each; `truth` maps path probability and own frequency to the true
    /// probability.
    private func forecasts(
        _ count: Int, seed: UInt64, truth: (Double, Double) -> Double
    ) -> [Forecast] {
        var generator = PhiloxGenerator(seed: seed)
        return (0..<count).map { _ in
            let chances = (0..<3).map { item in
                let (simulated, own) = (
                    generator.uniform(), Double(Int(generator.uniform() * 5)) / 4
                )
                return Forecast.Chance(
                    item: Int32(item), simulated: simulated, frequency: own, windows: 4,
                    since: own > 0 ? 1 : nil, gap: own > 0.25 ? 1 : nil,
                    happened: generator.uniform() < truth(simulated, own), truth: nil)
            }.sorted { $0.simulated > $1.simulated }
            return Forecast(
                windows: [
                    .init(seconds: 7 * day, chances: chances, count: PITInterval(1, among: [1]))
                ], next: PITInterval(0, among: []), realism: PathStatistics(categoryCount: 0))
        }
    }

    private func calibration(
        _ truth: (Double, Double) -> Double = { ($0 + $1) / 2 }
    ) -> ModelCalibration {
        ModelCalibration(
            earlier: forecasts(3000, seed: 1, truth: truth),
            last: forecasts(1500, seed: 2, truth: truth), types: [purchase],
            categoryOfItem: [0, 0, 1], origin: 20_000 * day, seed: 5)
    }

    @Test("A model that is better than own frequencies passes, by later forecasts")
    func passes() throws {
        let found = calibration()
        #expect(found.objections.isEmpty, "\(found.objections)")
        let check = try #require(found.checks.first)
        #expect(check.model.brier < check.frequencyBrier - 2 * check.brierError)
        #expect(check.model.ece < 0.04 && check.brierError > 0)
        #expect(found.customers == 1500 && found.origin == "2024-10-04T00:00:00Z")
    }

    @Test("A model whose world has changed gets an objection")
    func fails() {
        let found = ModelCalibration(
            earlier: forecasts(2000, seed: 1) { simulated, _ in simulated },
            last: forecasts(1500, seed: 2) { simulated, own in 0.15 * own + 0 * simulated },
            types: [purchase], categoryOfItem: [], origin: 20_000 * day, seed: 5)
        #expect(found.objections.count == 1 || found.objections.count == 2)
        #expect(found.objections.joined().contains("7 days"))
    }

    @Test("A file from before that counts every number as a type reads back")
    func filesWithUnknownTypes() throws {
        let found = calibration()
        let text = String(decoding: try found.data(), as: UTF8.self)
        let old = text.replacing(
            try Regex(#""types" : \[\s*5\s*\]"#),
            with: "\"types\" : [\((0...255).map { "\($0)" }.joined(separator: ","))]")
        #expect(old != text)
        let read = try ModelCalibration(Data(old.utf8))
        #expect(read.types == EventType.allCases)
        #expect(read.calibration == found.calibration && found.types == [.purchase])
    }

    @Test("The file reads back, and a damaged one is a clear error")
    func files() throws {
        let found = calibration()
        #expect(try ModelCalibration(try found.data()) == found)
        let text = String(decoding: try found.data(), as: UTF8.self)
        for damage in [
            "", "{}", String(text.dropLast(20)),
            text.replacingOccurrences(of: "\"formatVersion\" : 2", with: "\"formatVersion\" : 9"),
            text.replacingOccurrences(of: "\"shares\" : [", with: "\"shares\" : [], \"x\" : ["),
            text.replacingOccurrences(of: "\"weights\" : [", with: "\"weights\" : [1,"),
            text.replacingOccurrences(
                of: "\"seconds\" : 604800", with: "\"seconds\" : -9223372036854775808"),
            text.replacingOccurrences(of: "\"category\" : ", with: "\"category\" : -1"),
        ] {
            let error = #expect(throws: FuturesError.self) {
                try ModelCalibration(Data(damage.utf8))
            }
            #expect(error?.description.contains("calibration.json") == true)
        }
    }

    /// A small model that can be published.
    private static let trained = Result {
        var configuration = TrainingConfiguration(seed: 7, width: 8, epochs: 1, threads: 2)
        configuration.minimumItemCount = 1
        let events = try ShopGenerator(.init(customers: 20, items: 30, days: 40)).events()
        return try Trainer(configuration).train(TrainingData(events, by: \.userID)) { _ in }
    }

    @Test("A model is read with its calibration, or with the reason why it has none")
    func withItsModel() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        let trained = try Self.trained.get()
        let found = calibration()
        #expect(
            try registry.publish(trained.model, metrics: trained.metrics, .calibrated(found))
                == "v0001")
        let reason = "there are too few events"
        #expect(
            try registry.publish(
                trained.model, metrics: trained.metrics, .uncalibrated(reason: reason)) == "v0002")
        let calibrated = try registry.load(version: "v0001")
        #expect(calibrated.calibration == found && calibrated.uncalibratedReason == nil)
        #expect(calibrated.version == "v0001")
        let plain = try registry.load(version: "v0002")
        #expect(plain.calibration == nil && plain.uncalibratedReason == reason)
        #expect(plain.metrics.uncalibratedReason == reason)
        let card = String(decoding: try folder.bytes("v0002/card.md"), as: UTF8.self)
        #expect(card.contains(reason))
        #expect(
            try registry.publish(trained.model, metrics: trained.metrics) == "v0003")
        #expect(try registry.load(version: "v0003").uncalibratedReason != nil)
    }

    @Test("A version whose calibration is missing, damaged or of another version is refused")
    func withoutItsCalibration() throws {
        let folder = try TemporaryFolder()
        let registry = ModelRegistry(folder: folder.url.path)
        let trained = try Self.trained.get()
        let found = calibration()
        let other = calibration { 0.2 * $0 + 0.1 * $1 }
        #expect(found != other)
        let version = try registry.publish(
            trained.model, metrics: trained.metrics, .calibrated(found))
        let name = version + "/" + ModelCalibration.fileName
        for content in [nil, Data(), Data("{}".utf8), try other.data()] {
            if let content {
                try folder.put(content, name)
            } else {
                try FileManager.default.removeItem(at: folder.url.appending(path: name))
            }
            let error = #expect(throws: PredictionError.self) {
                try registry.load(version: version)
            }
            #expect(error?.code == .model)
            #expect(error?.description.contains(ModelCalibration.fileName) == true)
            #expect(throws: PredictionError.self) { try registry.promote(version) }
        }
        try folder.put(try found.data(), name)
        #expect(try registry.load(version: version).calibration == found)
    }

    @Test("Calibrated probabilities combine paths and past, with the model's error")
    func use() throws {
        let found = calibration()
        var history = History()
        for week in 0..<4 {
            history.append(item: 1, type: purchase, time: Int64(week) * 7 * day + day)
        }
        func item(_ index: Int32, _ probability: Double) -> PredictedItem {
            PredictedItem(item: index, probability: probability, interval: 0...1, medianTime: 0)
        }
        let list = [item(0, 0.6), item(1, 0.6)]
        let values = found.probabilities(
            list, after: history, from: 28 * day + day, within: 7 * day)
        let (rare, often) = (try #require(values[0]), try #require(values[1]))
        // Bought in three of the last four whole weeks, or in none of them.
        #expect(abs(often.value - 0.675) < 0.1 && abs(rare.value - 0.3) < 0.1, "\(values)")
        #expect(often.modelError > 0 && often.modelError < 0.08)
        #expect(values.count == 2)
    }

    @Test("The error of demand is beyond sampling error")
    func demand() {
        func windows(_ factor: Double) -> [Forecast.Window] {
            forecasts(4000, seed: 3) { simulated, _ in factor * simulated }.map { $0.windows[0] }
        }
        let exact = DemandError(windows(1), categoryOfItem: [0, 0, 1])
        #expect(exact.item < 0.05 && exact.category < 0.05 && exact.all < 0.05)
        let half = DemandError(windows(0.5), categoryOfItem: [0, 0, 1])
        #expect(abs(half.item - 0.5) < 0.05 && abs(half.all - 0.5) < 0.05, "\(half)")
        #expect(DemandError([], categoryOfItem: []) == .none)
    }
}

@Suite("Rolling back-test")
struct RollingBacktestTests {
    @Test("Calibration origins are a week apart, and their outcomes are known at the test origin")
    func origins() {
        let origins = RollingBacktest.Origins(
            origin: 100 * day, longest: 28 * day, calibrations: 3)
        #expect(origins.calibration == [72 * day, 65 * day, 58 * day])
        #expect(origins.first == 58 * day)
        let none = RollingBacktest.Origins(origin: 9, longest: 5, calibrations: 0)
        #expect(none.first == 9)
    }

    @Test("Forecasts from each origin use what was known then")
    func store() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-rolling-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shop = try ShopGenerator(.init(customers: 60, items: 60, days: 100))
        let store = try TwinStore(
            path: folder.path, pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
        try store.put(shop.items)
        _ = try store.append(Array(shop.events()))
        try store.add(shop.contextAtEnd())
        var configuration = TrainingConfiguration(seed: 7, width: 16, epochs: 1, threads: 2)
        configuration.minimumItemCount = 1
        let origin = shop.configuration.end - 14 * day
        let backtest = try RollingBacktest(
            store, at: .init(origin: origin, longest: 14 * day, calibrations: 2),
            settings: BacktestSettings(
                horizons: [7 * day, 14 * day], types: [purchase], paths: 20),
            configuration: configuration)
        let models = try backtest.models { _, _ in }
        #expect(!models.last.response.isNeutral)
        let cohort = try backtest.cohort(models, count: 25)
        #expect(cohort.earlier.count == 50 && cohort.last.count == 25)
        #expect(Set(cohort.earlier.map(\.origin)) == [origin - 14 * day, origin - 21 * day])
        #expect(
            cohort.last.allSatisfy { $0.origin == origin && ($0.history.lastTime ?? 0) <= origin })
        // Offers and events are known in advance, so some days have factors.
        #expect(cohort.last.contains { $0.factors != nil })
        var reports: [Int] = []
        let result = try backtest.result(models, cohort) { done, total in
            reports.append(done)
            #expect(total == 75)
        }
        #expect(reports.last == 75 && reports == reports.sorted())
        #expect(result.earlier.count == 50 && result.last.count == 25)
        #expect(result.report.windows.map(\.days) == [7, 14])
        #expect(result.calibration.calibration.isWellFormed)
        let again = try backtest.result(models, cohort) { _, _ in }
        #expect(again.calibration == result.calibration)
    }
}

@Suite("What if, of a store")
struct WhatIfStoreTests {
    @Test("Effects on customers add up at any number of threads, and respect consent")
    func store() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-whatif-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shop = try ShopGenerator(.init(customers: 50, items: 60, days: 100))
        let store = try TwinStore(
            path: folder.path, pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
        try store.put(shop.items)
        _ = try store.append(Array(shop.events()))
        try store.add(shop.contextAtEnd())
        var configuration = TrainingConfiguration(seed: 7, width: 16, epochs: 1, threads: 2)
        configuration.minimumItemCount = 1
        let model = try Trainer(configuration).train(try TrainingData(store)) { _ in }.model
        let settings = WhatIf.Settings(origin: shop.configuration.end, paths: 30)
        func effects(
            _ twins: [TwinID], threads: Int = 2, _ change: (inout Scenario) -> Void
        ) throws -> Effects {
            var scenario = Scenario()
            change(&scenario)
            return try WhatIf(store, model, scenario, settings: settings)
                .effects(onTwins: twins, threads: threads)
        }
        let all = (0..<50).map(TwinID.init(rawValue:))
        let rain = { (scenario: inout Scenario) in scenario.precipitation = 20 }
        let whole = try effects(all, rain)
        let parts = [
            try effects(Array(all.prefix(20)), threads: 1, rain),
            try effects(Array(all.dropFirst(20)), rain),
        ]
        var sum = parts[0]
        sum += parts[1]
        for group in whole.groups {
            let (one, other) = (whole.effect(on: group), sum.effect(on: group))
            #expect(abs(one.change - other.change) < 1e-9)
            #expect(abs(one.modelError - other.modelError) < 1e-9)
        }
        #expect(whole.customers == sum.customers && whole.effect(on: .all).baseline > 0)
        #expect(whole.effect(on: .all).change != 0)
        // Weather has no effect on customers who forbid it.
        for customer in shop.truth.customers {
            try store.setContextConsent([], of: customer.userID)
        }
        #expect(try effects(all, rain).effect(on: .all).change == 0)
        // An ignored purchase and a shown item have effects.
        let twin = try #require(try store.snapshot(of: shop.truth.customers[1].userID).id)
        let last = try #require(try store.events(of: twin).last { $0.type == .purchase })
        let ignored = try effects([twin]) { $0.ignoredEvents = [last.eventID] }
        #expect(ignored.groups.contains { ignored.effect(on: $0).change != 0 })
        let shown = try effects([twin]) { $0.shownItems = [model.catalogue.itemIDs[5]] }
        #expect(shown.groups.contains { shown.effect(on: $0).change != 0 })
        #expect(throws: FuturesError.self) { try effects(all) { $0.unavailable = ["none"] } }
        #expect(throws: FuturesError.self) {
            try effects(all) {
                $0.precipitation = 2
                $0.days = 100...200
            }
        }
    }
}
