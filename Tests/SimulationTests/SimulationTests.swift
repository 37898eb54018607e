import FuturesFixtures
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

@Suite("Simulation")
struct SimulationTests {
    @Test("The same seed gives the same paths at 1, 2 and 3 threads; another seed does not")
    func determinism() throws {
        for customer in [0, 17] {
            let history = try World.history(customer)
            func run(seed: UInt64, threads: Int) throws -> Futures {
                try World.futures(
                    history, after: day,
                    SimulationSettings(paths: 60, seed: seed, threads: threads))
            }
            let first = try run(seed: 7, threads: 1)
            for threads in [1, 2, 3] { expectEqual(first, try run(seed: 7, threads: threads)) }
            #expect(try run(seed: 8, threads: 2).events != first.events)
        }
    }

    @Test("A path does not depend on how many others there are")
    func independence() throws {
        let history = try World.history(3)
        let few = try World.futures(history, SimulationSettings(paths: 7))
        let many = try World.futures(history, SimulationSettings(paths: 150))
        for path in 0..<7 { #expect(Array(few.path(path)) == Array(many.path(path))) }
    }

    @Test("Paths are in order of time, within the horizon, with items of the catalogue")
    func order() throws {
        let model = try World.model()
        for (customer, elapsed) in [(0, 0), (5, 3600), (11, 9 * day), (20, 300 * day)] {
            let history = try World.history(customer)
            let futures = try World.futures(
                history, after: elapsed, SimulationSettings(paths: 80))
            #expect(futures.pathCount == 80)
            #expect(!futures.isCold)
            #expect(futures.origin == (history.lastTime ?? 0) + elapsed)
            for path in 0..<futures.pathCount {
                let times = futures.path(path).map(\.time)
                #expect(times == times.sorted())
                #expect(times.allSatisfy { $0 > futures.origin })
                #expect(times.allSatisfy { $0 <= futures.origin + futures.horizonSeconds })
            }
            for event in futures.events {
                #expect(Int(event.item) < model.catalogue.count && event.item >= 0)
                #expect(model.eventTypes.contains(event.type) && event.type.role == .behaviour)
                #expect(Int(event.expertIndex) < ExpertID.allCases.count)
            }
        }
    }

    @Test("A basket holds no item twice")
    func baskets() throws {
        for customer in 0..<6 {
            let futures = try World.futures(
                try World.history(customer), SimulationSettings(paths: 100))
            var largest = 0
            for path in 0..<futures.pathCount {
                let baskets = Dictionary(grouping: futures.path(path), by: \.time)
                for basket in baskets.values {
                    let items = basket.map(\.item)
                    #expect(Set(items).count == items.count, "customer \(customer)")
                    largest = max(largest, items.count)
                }
            }
            #expect(largest > 1, "no basket of several items came up")
        }
    }

    @Test("A longer horizon only adds events, and a second is enough to run")
    func horizons() throws {
        let history = try World.history(2)
        let long = try World.futures(
            history, SimulationSettings(horizonSeconds: 20 * day, paths: 50))
        for horizon in [1, 3600, 5 * day, 20 * day] {
            let short = try World.futures(
                history, SimulationSettings(horizonSeconds: horizon, paths: 50))
            for path in 0..<50 {
                let expected = long.path(path).filter { $0.time <= long.origin + horizon }
                #expect(Array(short.path(path)) == Array(expected))
            }
        }
    }

    @Test("Settings at and beyond their limits")
    func limits() throws {
        let history = try World.history(1)
        let bad: [(inout SimulationSettings) -> Void] = [
            { $0.paths = 0 }, { $0.paths = -1 },
            { $0.paths = SimulationSettings.pathLimit + 1 }, { $0.horizonSeconds = 0 },
            { $0.horizonSeconds = SimulationSettings.horizonLimit + 1 },
            { $0.steps = 0 }, { $0.steps = SimulationSettings.stepLimit + 1 },
            { $0.horizonSeconds = .min }, { $0.horizonSeconds = .max }, { $0.threads = 0 },
        ]
        for change in bad {
            var settings = SimulationSettings()
            change(&settings)
            #expect(throws: FuturesError.self) { try World.futures(history, settings) }
        }
        let one = try World.futures(history, SimulationSettings(horizonSeconds: day, paths: 1))
        #expect(one.pathCount == 1)
        let year = SimulationSettings(
            horizonSeconds: SimulationSettings.horizonLimit, paths: 2, threads: 99)
        let longest = try World.futures(history, year)
        for path in 0..<2 { #expect(longest.path(path).count <= SimulationSettings.stepLimit) }
        let short = try World.futures(
            history,
            SimulationSettings(horizonSeconds: year.horizonSeconds, paths: 9, steps: 3))
        #expect((0..<9).map { short.path($0).count }.max() == 3)
        let most = SimulationSettings(
            horizonSeconds: 1, paths: SimulationSettings.pathLimit, experts: [.popularity])
        #expect(try World.futures(history, most).pathCount == SimulationSettings.pathLimit)
    }

    @Test(
        "A path is empty with the churn probability; the other paths do not change"
    )
    func departed() throws {
        let history = try World.history(3)
        let origin = (history.lastTime ?? 0) + 2 * day
        var model = try World.lastingModel()
        let settings = SimulationSettings(paths: 600)
        let staying = try Simulator(model).simulate(
            history, from: origin, settings: settings)
        model.churn = ChurnModel(
            probabilities: ChurnModel.bounds.map { _ in 0.4 }, meanGap: 3)
        let leaving = try Simulator(model).simulate(
            history, from: origin, settings: settings)
        #expect(staying.churnProbability == 0 && abs(leaving.churnProbability - 0.4) < 1e-6)
        let gone = (0..<600).filter { leaving.path($0).isEmpty && !staying.path($0).isEmpty }
        let busy = (0..<600).count { !staying.path($0).isEmpty }
        #expect(busy > 200)
        #expect(abs(Double(gone.count) / Double(busy) - 0.4) < 0.1, "\(gone.count) of \(busy)")
        for path in Set(0..<600).subtracting(gone) {
            #expect(Array(leaving.path(path)) == Array(staying.path(path)))
        }
    }

    @Test("A cancelled task stops")
    func cancellation() async throws {
        let history = try World.history(1)
        _ = try World.model()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try World.futures(history, SimulationSettings(paths: 10))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("The paths of an unknown customer begin with a popular item")
    func cold() throws {
        let futures = try World.futures(History(), SimulationSettings(paths: 200))
        #expect(futures.isCold)
        #expect(futures.events.count > 0)
        let popularity = try #require(
            ExpertID.allCases.firstIndex(of: .popularity).map(UInt8.init))
        for path in 0..<futures.pathCount {
            guard let first = futures.path(path).first else { continue }
            #expect(first.expertIndex == popularity)
        }
        #expect(
            futures.mixtureWeights.map { $0.weight > 0 } == [
                false, false, false, false, false, true,
            ])
    }

    @Test("An origin before the newest event is moved to it")
    func earlyOrigin() throws {
        let history = try World.history(4)
        let early = try World.futures(history, after: -30 * day, SimulationSettings(paths: 20))
        expectEqual(early, try World.futures(history, SimulationSettings(paths: 20)))
    }

    @Test("Experts that are switched off are never sampled", arguments: ExpertID.allCases)
    func switchedOff(_ name: ExpertID) throws {
        let names = ExpertID.allCases
        let index = try #require(names.firstIndex(of: name).map(UInt8.init))
        let history = try World.history(9)
        let others = Set(names).subtracting([name])
        let without = try World.futures(
            history, SimulationSettings(paths: 100, experts: others))
        #expect(!without.events.contains { $0.expertIndex == index })
        #expect(without.mixtureWeights[Int(index)].weight == 0)
        let alone = try World.futures(history, SimulationSettings(paths: 40, experts: [name]))
        #expect(alone.events.allSatisfy { $0.expertIndex == index })
        #expect(alone.mixtureWeights[Int(index)].weight == 1)
        #expect(alone.events.count > 0)
    }

    @Test("Mixture weights at the first step are those of the prediction")
    func mixtureWeights() throws {
        let model = try World.model()
        let history = try World.history(6)
        let futures = try World.futures(history, SimulationSettings(paths: 5))
        let prediction = model.prediction(
            for: PredictionQuery(
                history: history, time: (history.lastTime ?? 0) + day, type: purchase,
                sameBasket: false))
        #expect(futures.mixtureWeights.map(\.name) == prediction.names)
        for (found, weight) in zip(futures.mixtureWeights, prediction.weights) {
            #expect(abs(found.weight - weight) < 1e-5)
        }
    }

    @Test("The weight of an expert without an item goes to the others, and no step is lost")
    func emptyExpert() throws {
        // After a single basket, the twin has no transitions.
        var history = History()
        history.append(item: 3, type: purchase, time: 0)
        let own = try #require(ExpertID.allCases.firstIndex(of: .personalTransitions))
        let model = try World.lastingModel()
        let plan = SimulationPlan(
            model: model, popularity: CumulativeTable(.dense(model.popularity.probabilities)),
            history: history, origin: 0,
            settings: SimulationSettings(
                horizonSeconds: SimulationSettings.horizonLimit, paths: 300,
                experts: [.personalTransitions, .popularity]))
        let futures = plan.firstStep()
        #expect(futures.events.count == 300)
        #expect(!futures.events.contains { Int($0.expertIndex) == own })
    }

    @Test("Runs with the same seed differ less than runs with two seeds")
    func commonRandomNumbers() throws {
        let history = try World.history(12)
        func run(seed: UInt64, without expert: ExpertID?) throws -> Futures {
            try World.futures(
                history,
                SimulationSettings(
                    horizonSeconds: 7 * day, paths: 400, seed: seed,
                    experts: Set(ExpertID.allCases).filter { $0 != expert }))
        }
        let base = try run(seed: 1, without: nil)
        let paired = try pairedDifference(base, try run(seed: 1, without: .popularity)) { _ in
            true
        }
        let apart = try pairedDifference(base, try run(seed: 2, without: .popularity)) { _ in true }
        #expect(paired.standardError < 0.9 * apart.standardError)
    }
}
