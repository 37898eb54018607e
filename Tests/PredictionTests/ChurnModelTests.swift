import Kernels
import Learning
import Shop
import Testing

@testable import Prediction

@Suite("ChurnModel")
struct ChurnModelTests {
    private static let day: Int64 = 86_400

    /// Customers who come with a rhythm of their own, give or take a third, until the end of the
    /// data, or until a visit after which they stay away.
    private func customers(
        _ count: Int, days: Int64 = 300, leaving: Double, seed: UInt64
    ) -> EventSequences {
        var sequences = EventSequences()
        var generator = PhiloxGenerator(seed: seed)
        for customer in 0..<count {
            let rhythm = [2.0, 5, 12][customer % 3]
            var times: [Int64] = []
            var time = generator.uniform() * rhythm
            while time < Double(days) {
                times.append(Int64(time * Double(Self.day)))
                if generator.uniform() < leaving { break }
                time += rhythm * (0.67 + 0.67 * generator.uniform())
            }
            sequences.append(
                items: times.map { _ in 0 }, types: times.map { _ in 0 }, times: times)
        }
        return sequences
    }

    private func history(_ days: [Int64]) -> History {
        var history = History()
        for day in days { history.append(item: 0, type: .view, time: day * Self.day) }
        return history
    }

    @Test("A customer who is silent for much longer than the own rhythm has left")
    func rhythm() {
        let churn = ChurnModel(customers(600, leaving: 0.01, seed: 1))
        #expect(churn.isWellFormed)
        let weekly = history((0..<20).map { $0 * 7 })
        let daily = history((0..<20).map { $0 })
        func probability(_ history: History, silentDays: Int64) -> Double {
            churn.probability(
                after: history, at: (history.lastTime ?? 0) + silentDays * Self.day)
        }
        // Of visits one in a hundred is the last.
        #expect(probability(weekly, silentDays: 2) < 0.02)
        #expect(probability(weekly, silentDays: 5) < 0.03)
        #expect(probability(weekly, silentDays: 60) > 0.9)
        #expect(probability(daily, silentDays: 2) < 0.15)
        #expect(probability(daily, silentDays: 20) > 0.9)
        #expect(probability(daily, silentDays: 20) > probability(weekly, silentDays: 5))
    }

    @Test("If no customer leaves, all silences are temporary")
    func nobodyLeaves() {
        let churn = ChurnModel(customers(300, leaving: 0, seed: 2))
        let weekly = history((0..<20).map { $0 * 7 })
        for silentDays: Int64 in [0, 3, 7] {
            let found = churn.probability(
                after: weekly, at: (weekly.lastTime ?? 0) + silentDays * Self.day)
            #expect(found < 0.05, "\(silentDays): \(found)")
        }
    }

    @Test(
        "Those who left are about as many as the probabilities say",
        arguments: [3, 4, 5] as [UInt64])
    func calibrated(_ seed: UInt64) {
        let churn = ChurnModel(customers(900, leaving: 0.02, seed: seed))
        // Other customers, watched at a day in the middle of their time.
        let others = customers(900, leaving: 0.02, seed: seed + 100)
        let basket = 150 * Self.day
        var (predicted, left, squares, count) = (0.0, 0.0, 0.0, 0.0)
        for sequence in 0..<others.count {
            let times = others.times[others.range(of: sequence)]
            let past = times.filter { $0 <= basket }
            // The others have no rhythm.
            guard past.count > 6 else { continue }
            var history = History()
            for time in past { history.append(item: 0, type: .view, time: time) }
            let probability = churn.probability(after: history, at: basket)
            let hasLeft: Double = past.count == times.count ? 1 : 0
            predicted += probability
            left += hasLeft
            squares += (probability - hasLeft) * (probability - hasLeft)
            count += 1
        }
        #expect(left > 100)
        #expect(abs(predicted - left) < 0.15 * left, "\(predicted) of \(left)")
        // Most customers have clearly left or stayed.
        #expect(squares / count < 0.03, "\(squares / count)")
    }

    @Test("Sessions of a day, few days of data and few customers do not prove churn")
    func littleData() {
        var sessions = EventSequences()
        for session in 0..<500 {
            let time = Int64(session % 30) * Self.day
            sessions.append(items: [0, 1], types: [0, 0], times: [time, time + 60])
        }
        #expect(ChurnModel(sessions) == .never)
        let twoDays = history((0..<20).map { $0 * 2 })
        for days: Int64 in [10, 20] {
            let churn = ChurnModel(customers(300, days: days, leaving: 0, seed: 4))
            for silentDays: Int64 in [2, 3, 4] {
                let found = churn.probability(
                    after: twoDays, at: (twoDays.lastTime ?? 0) + silentDays * Self.day)
                #expect(found < 0.35, "\(days) days of data, \(silentDays) silent: \(found)")
            }
        }
        // One customer who left long ago, beside one who still comes, is a hint and no proof.
        var two = EventSequences()
        let times = (0..<60).map { Int64($0) * Self.day }
        two.append(items: times.map { _ in 0 }, types: times.map { _ in 0 }, times: times)
        two.append(items: [0, 0, 0, 0, 0], types: [0, 0, 0, 0, 0], times: Array(times.prefix(5)))
        let found = ChurnModel(two).probability(after: twoDays, at: 60 * Self.day)
        #expect(found < 0.9, "\(found)")
        // Without a rhythm the probability is 0, however long the silence.
        let churn = ChurnModel(customers(600, leaving: 0.01, seed: 1))
        #expect(churn.probability(after: history([1, 2, 3, 4]), at: 900 * Self.day) == 0)
        // It is also 0 in the middle of a visit.
        #expect(churn.probability(after: twoDays, at: (twoDays.lastTime ?? 0) + 3600) == 0)
    }

    @Test("No history, no data, and times before the newest event")
    func edges() {
        let churn = ChurnModel(customers(60, leaving: 0.05, seed: 8))
        #expect(churn.probability(after: History(), at: 10_000 * Self.day) == 0)
        let one = history([3])
        #expect(
            churn.probability(after: one, at: 0)
                == churn.probability(after: one, at: 3 * Self.day))
        #expect((0...1).contains(churn.probability(after: one, at: .max)))
        #expect(ChurnModel(EventSequences()) == .never)
        #expect(ChurnModel.never.probability(after: one, at: .max) == 0)
        var single = EventSequences()
        single.append(items: [0], types: [0], times: [5])
        #expect(ChurnModel(single).isWellFormed)
    }

    @Test("Probabilities must be in order and in range")
    func wellFormed() {
        let count = ChurnModel.bounds.count
        func churn(_ change: (inout [Float]) -> Void, meanGap: Float = 3) -> ChurnModel {
            var values = (0..<count).map { Float($0) / Float(count) }
            change(&values)
            return ChurnModel(probabilities: values, meanGap: meanGap)
        }
        #expect(churn { _ in }.isWellFormed)
        #expect(!churn { $0[2] = 0.9 }.isWellFormed)
        #expect(!churn { $0[count - 1] = 1.1 }.isWellFormed)
        #expect(!churn { $0[0] = -0.1 }.isWellFormed)
        #expect(!churn { $0.removeLast() }.isWellFormed)
        #expect(!churn({ _ in }, meanGap: 0).isWellFormed)
        #expect(!churn({ _ in }, meanGap: .infinity).isWellFormed)
        #expect(!churn { $0[1] = .nan }.isWellFormed)
    }
}
