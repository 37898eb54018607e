import Foundation
import Kernels
import Learning
import Shop
import Testing

@testable import Prediction

@Suite("Repeat purchase model")
struct RepeatPurchaseModelTests {
    /// Customers who buy one item each week on the day, and on some other days something that they
    /// never buy again; the rhythm's items are below 10.
    private static func planted(customers: Int, weeks: Int, seed: UInt64) -> EventSequences {
        var generator = PhiloxGenerator(seed: seed)
        var made = EventSequences()
        for customer in 0..<customers {
            let staple = Int32(customer % 10)
            var events: [(time: Int64, item: Int32)] = []
            for week in 0..<weeks {
                events.append((Int64(week) * 7 * day, staple))
                for weekday in 1..<7 where generator.uniform() < 0.4 {
                    let item = Int32(10 + generator.integer(below: 5000))
                    events.append((Int64(week * 7 + weekday) * day, item))
                }
            }
            made.append(
                items: events.map(\.item),
                types: [UInt8](repeating: purchase.rawValue, count: events.count),
                times: events.map(\.time))
        }
        return made
    }

    @Test("A planted rhythm beats planted noise, and counts most when it is due")
    func rhythm() throws {
        let model = RepeatPurchaseModel(Self.planted(customers: 60, weeks: 12, seed: 1))
        let asking = Self.planted(customers: 1, weeks: 8, seed: 2)
        let past = History(asking, sequence: 0)
        let due = PredictionQuery(
            history: past, time: 8 * 7 * day, type: purchase, sameBasket: false)
        let found = entries(model.prediction(for: due))
        let staple = try #require(found[0])
        for (item, probability) in found where item != 0 { #expect(staple > 10 * probability) }

        let recurrence = try #require(RecurrenceTracker(past).recurrence(of: 0))
        func chance(_ days: Int64) -> Float {
            model.probability(
                of: 0, recurrence, baskets: past.basketCount, time: (49 + days) * day,
                type: purchase)
        }
        #expect(chance(7) > 3 * chance(2), "\(chance(7)) when due, \(chance(2)) before")
    }

    @Test("Items that came back often and recently are more likely to come back")
    func frequencyAndRecency() throws {
        // Each customer takes its favourite in 4 of 5 baskets, and new items otherwise.
        var generator = PhiloxGenerator(seed: 4)
        var rows: [[[Int32]]] = []
        for customer in 0..<40 {
            rows.append(
                (0..<30).map { _ in
                    generator.uniform() < 0.8
                        ? [Int32(customer % 5)] : [Int32(5 + generator.integer(below: 900))]
                })
        }
        let model = RepeatPurchaseModel(sequences(rows))
        let often = history([[0], [0], [0], [0], [7]])
        let found = entries(model.prediction(for: query(often)))
        #expect(try #require(found[0]) > 2 * (try #require(found[7])))
        let lately = history([[1], [1], [2], [2]] + (10..<22).map { [$0] } + [[2]])
        let recent = entries(model.prediction(for: query(lately)))
        #expect(try #require(recent[2]) > (try #require(recent[1])))
    }

    @Test("The type of the query matters")
    func type() throws {
        // Views repeat the last item; purchases never repeat anything.
        var made = EventSequences()
        for customer in 0..<40 {
            var items: [Int32] = []
            for step in 0..<12 {
                items += [Int32(customer), Int32(1000 + customer * 12 + step)]
            }
            made.append(
                items: items, types: (0..<24).map { ($0 % 2 == 0 ? view : purchase).rawValue },
                times: (0..<24).map { Int64($0) * day })
        }
        let model = RepeatPurchaseModel(made)
        let past = History(made, sequence: 0)
        let recurrence = try #require(RecurrenceTracker(past).recurrence(of: 0))
        let viewed = model.probability(
            of: 0, recurrence, baskets: 24, time: 24 * day, type: view)
        let bought = model.probability(
            of: 0, recurrence, baskets: 24, time: 24 * day, type: purchase)
        #expect(viewed > 0.8)
        #expect(bought < 0.1)
    }

    @Test("Items of the newest basket are no answer for the same basket")
    func sameBasket() {
        let model = RepeatPurchaseModel(sequences([[[0], [1], [0], [1]]]))
        let asked = history([[0, 2], [1]])
        let later = entries(model.prediction(for: query(asked)))
        #expect(later.keys.sorted() == [0, 1, 2])
        let same = entries(model.prediction(for: query(asked, sameBasket: true)))
        #expect(same.keys.sorted() == [0, 2])
        #expect(model.prediction(for: query(history([[3]]), sameBasket: true)).isEmpty)
        #expect(model.prediction(for: query(History())).isEmpty)
    }

    @Test("Without data the model still answers")
    func untrained() {
        let model = RepeatPurchaseModel(EventSequences())
        #expect(model.weights.count == model.layout.weightCount)
        let found = entries(model.prediction(for: query(history([[4]]))))
        #expect(found == [4: 1])
    }

    @Test("The same data give the same weights")
    func determinism() {
        let made = Self.planted(customers: 10, weeks: 6, seed: 5)
        #expect(RepeatPurchaseModel(made).weights == RepeatPurchaseModel(made).weights)
    }
}

@Suite("Item recurrence")
struct RepetitionTests {
    @Test("Contacts are counted once a basket")
    func count() throws {
        let tracker = RecurrenceTracker(history([[3, 3, 4], [4], [3]]))
        #expect(tracker.items == [3, 4])
        #expect(tracker.basketCount == 3)
        let three = try #require(tracker.recurrence(of: 3))
        #expect(three.count == 2)
        #expect((three.firstBasket, three.lastBasket) == (0, 2))
        #expect((three.firstTime, three.lastTime) == (0, 2 * day))
        #expect(tracker.recurrence(of: 9) == nil)
    }

    @Test("Contacts fade with each basket")
    func fading() throws {
        let recurrence = try #require(
            RecurrenceTracker(history([[1], [2], [1], [2]])).recurrence(of: 1))
        let slow = ItemRecurrence.fading.x
        let fast = ItemRecurrence.fading.y
        let faded = recurrence.faded(at: 4)
        #expect(abs(faded.x - (slow * slow * slow * slow + slow * slow)) < 1e-5)
        #expect(abs(faded.y - (fast * fast * fast * fast + fast * fast)) < 1e-5)
    }

    @Test("The last contact's type is kept")
    func lastType() throws {
        var past = History()
        past.append(item: 0, type: .cartRemove, time: 0)
        past.append(item: 0, type: .wishlistAdd, time: 1)
        #expect(try #require(RecurrenceTracker(past).recurrence(of: 0)).lastType == .wishlistAdd)
    }

    @Test("Features are finite and within the weights, whatever the history")
    func extremes() throws {
        let layout = RecurrenceFeatures.Layout(.original)
        let weights = [Float](repeating: 0.5, count: layout.weightCount)
        let habit = ItemRepeatStatistics(EventSequences())[0]
        let end = Int64.max / 1000
        for times in [[0], [0, 0], [0, 1], [-end, end], [0, 1, 2, end], [end, end]] {
            for type in [EventType.view, .return, .impression, .pageView] {
                var past = History()
                for time in times { past.append(item: 0, type: type, time: time) }
                let recurrence = try #require(RecurrenceTracker(past).recurrence(of: 0))
                for time in [-end, 0, 1, end] {
                    for baskets in [past.basketCount, past.basketCount + 1, 1_000_000] {
                        let features = RecurrenceFeatures(
                            recurrence, habit, baskets: baskets, time: time, type: type, layout)
                        #expect(features.logit(weights).isFinite, "\(times) \(time) \(baskets)")
                        for index in 0..<RecurrenceFeatures.classCount {
                            let index = Int(features.classes[index])
                            #expect(
                                index >= features.base
                                    && index < features.base + layout.stride)
                        }
                    }
                }
            }
        }
    }

    @Test("Classes of different features have different weights")
    func distinctPlaces() throws {
        var ranges = [Set<Int32>](repeating: [], count: RecurrenceFeatures.classCount)
        // All customers come back after five baskets.
        let habit = ItemRepeatStatistics.Habit(rate: -1, returns: -1, gap: log(5), popularity: 0)
        for count in 1...45 {
            let past = history([[Int32]](repeating: [0], count: count))
            let recurrence = try #require(RecurrenceTracker(past).recurrence(of: 0))
            for baskets in stride(from: count, through: count + 60, by: 1) {
                for hours in stride(from: Int64(0), through: 200, by: 5) {
                    let features = RecurrenceFeatures(
                        recurrence, habit, baskets: baskets,
                        time: (past.lastTime ?? 0) + hours * 3600, type: .view,
                        RecurrenceFeatures.Layout(.original))
                    for index in 0..<RecurrenceFeatures.classCount {
                        ranges[index].insert(features.classes[index])
                    }
                }
            }
        }
        #expect(ranges.map(\.count) == [9, 8, 11, 10, 1])
        #expect(ranges.reduce(Set()) { $0.union($1) }.count == ranges.reduce(0) { $0 + $1.count })
    }
}

@Suite("Recurrence table")
struct RepetitionTableTests {
    @Test("Equals the formula for every item", arguments: [1, 2, 3, 4, 5, 6])
    func formula(_ seed: UInt64) {
        var generator = PhiloxGenerator(seed: seed)
        // Random weights: only their sizes matter here.
        let weights = (0..<RecurrenceFeatures.Layout(.original).weightCount).map { _ in
            Float(generator.normal())
        }
        var rows: [[[Int32]]] = []
        for _ in 0..<3 {
            rows.append(
                (0..<60).map { _ in
                    (0..<3).map { _ in Int32(generator.integer(below: 25)) }
                })
        }
        let model = RepeatPurchaseModel(
            weights: weights, habits: ItemRepeatStatistics(sequences(rows)))
        let past = History(sequences(rows), sequence: 0)
        let last = past.lastTime ?? 0
        let tracker = RecurrenceTracker(past)
        var table = RecurrenceTable(model, past: tracker, from: last)
        let asked: [(baskets: Int, type: EventType)] = [
            (60, .view), (60, .cartAdd), (61, .view), (75, .return), (75, .impression),
            (400, .search),
        ]
        let questions = asked.map { RecurrenceTable.Question(baskets: $0.baskets, type: $0.type) }
        table.prepare(Set(questions[..<4]))
        table.prepare(Set(questions[1..<5]))
        for question in questions {
            for _ in 0..<40 {
                let time = last + Int64(generator.integer(below: 90 * 86_400))
                let found = table.probabilities(question, at: time)
                #expect(found.count == tracker.items.count)
                for (index, recurrence) in tracker.recurrences.enumerated() {
                    let expected = model.probability(
                        of: tracker.items[index], recurrence, baskets: question.baskets,
                        time: time, type: question.type)
                    #expect(abs(found[index] - expected) < 1e-5, "seed \(seed)")
                }
            }
        }
    }

    @Test("An item without a rhythm is never due; without items there is no answer")
    func edges() {
        let model = RepeatPurchaseModel(sequences([[[0], [1], [0], [2]]]))
        func probabilities(_ rows: [[Int32]], after seconds: Int64) -> [Float] {
            let past = history(rows)
            let table = RecurrenceTable(
                model, past: RecurrenceTracker(past), from: past.lastTime ?? 0)
            return table.probabilities(
                RecurrenceTable.Question(baskets: rows.count, type: .view),
                at: (past.lastTime ?? 0) + seconds)
        }
        #expect(probabilities([], after: 5).isEmpty)
        let soon = probabilities([[0], [1], [2]], after: 1)
        #expect(soon == probabilities([[0], [1], [2]], after: 300 * day))
        #expect(soon.allSatisfy { $0 > 0 && $0 < 1 })
    }
}

@Suite("Item repeat statistics")
struct ItemHabitsTests {
    @Test("Equal to counts by hand, smoothed by those of all items")
    func counts() {
        // Both have item 0, which comes back twice in 3 + 1 later baskets; 1 never does, in 2 + 0.
        let rows: [[[Int32]]] = [[[0], [0, 1], [0], [2]], [[2], [0], [1]]]
        let habits = ItemRepeatStatistics(sequences(rows))
        let returns = 2.0
        let opportunities = 3.0 + 1 + 2 + 0 + 0 + 2
        let rate = (returns + 0.001) / (opportunities + 1)
        let often: Double = log((2 + 20 * rate) / 24)
        let seldom: Double = log(20 * rate / 22)
        #expect(abs(Double(habits[0].rate) - often) < 1e-5)
        #expect(abs(Double(habits[1].rate) - seldom) < 1e-5)
        let fraction = (1 + 0.001) / (6 + 1)
        let back: Double = log((1 + 5 * fraction) / 7)
        #expect(abs(Double(habits[0].returns) - back) < 1e-5)
        #expect(habits[0].rate > habits[1].rate && habits[0].returns > habits[2].returns)
    }

    @Test("The gap is the mean number of baskets between contacts")
    func gap() {
        let rows = (0..<200).map { _ in
            [[0], [1], [2], [0], [3], [4], [0], [1]] as [[Int32]]
        }
        let habits = ItemRepeatStatistics(sequences(rows))
        #expect(abs(exp(habits[0].gap) - 3) < 0.1)
        #expect(abs(exp(habits[1].gap) - 6) < 0.2)
    }

    @Test("Recent items are more popular than old ones")
    func popularity() {
        var made = EventSequences()
        made.append(items: [0, 0, 1], types: [6, 6, 6], times: [0, 1, 300 * day])
        let habits = ItemRepeatStatistics(made)
        #expect(habits[1].popularity > habits[0].popularity + 3)
    }

    @Test("An item without contacts gets average values; nothing is infinite")
    func unknown() {
        let habits = ItemRepeatStatistics(sequences([[[0], [0]], [[1]]]))
        #expect(habits[7] == habits.common && habits[-1] == habits.common)
        let none = ItemRepeatStatistics(EventSequences())
        #expect(none.items.isEmpty)
        for habit in habits.items + [habits.common, none.common, none[3]] {
            let isFinite = habit.numbers.allSatisfy { $0.isFinite }
            #expect(isFinite, "\(habit)")
        }
    }
}
