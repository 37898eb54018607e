import Learning
import Shop
import Testing

@testable import Prediction

@Suite("History")
struct HistoryTests {
    @Test("Events of one time form one basket")
    func baskets() {
        let made = history([[1, 2, 3], [4], [5, 5]])
        #expect(made.count == 6)
        #expect(made.basketCount == 3)
        #expect((0..<3).map { made.basket($0) } == [0..<3, 3..<4, 4..<6])
        #expect(Array(made.lastBasket) == [5, 5])
        #expect(made.lastTime == 2 * day)
        #expect(!made.isEmpty)
    }

    @Test("An empty history has no baskets")
    func empty() {
        let empty = History()
        #expect(empty.isEmpty)
        #expect(empty.basketCount == 0)
        #expect(empty.lastBasket.isEmpty)
        #expect(empty.lastTime == nil)
        #expect(empty.prefix(baskets: 3).isEmpty)
        #expect(empty.suffix(events: 3).isEmpty)
    }

    @Test("The likeliest time is the middle of the range, moved to frequent hours")
    func likeliestTime() {
        let hour: Int64 = 3_600
        #expect(History().likeliestTime(in: 100...300) == 200)
        // Three baskets on Thursdays at 18:30, one on a Friday at 6:30; 1970 began on a Thursday.
        var made = History()
        for (week, offset) in [(0, 18), (1, 18), (1, 30), (2, 18)] {
            let time = Int64(week) * 7 * day + Int64(offset) * hour + 1_800
            made.append(item: 1, type: purchase, time: time)
            made.append(item: 2, type: purchase, time: time)
        }
        let weeks: Int64 = 100 * 7 * day
        let likeliest = made.likeliestTime(in: weeks...weeks + 7 * day)
        #expect(WeekPart.index(time: likeliest) == 6)
        #expect((weeks...weeks + 7 * day).contains(likeliest))
        // On a Friday there is only Friday's hour; on a Sunday there is none, so the middle.
        let friday = made.likeliestTime(in: weeks + day...weeks + 2 * day)
        #expect(WeekPart.index(time: friday) == 10)
        let sunday = weeks + 3 * day
        #expect(made.likeliestTime(in: sunday...sunday + 200) == sunday + 100)
        #expect(made.likeliestTime(in: 5...5) == 5)
    }

    @Test("An event older than the newest joins the newest basket")
    func late() {
        var made = History()
        made.append(item: 1, type: .view, time: 100)
        made.append(item: 2, type: .view, time: 40)
        #expect(made.times == [100, 100])
        #expect(made.basketCount == 1)
        made.append(item: 3, type: .view, time: 101)
        #expect(made.basketCount == 2)
    }

    @Test("Times before 1970 and far from it are kept")
    func extremes() {
        var made = History()
        for time in [Int64.min / 1000, -5, 0, Int64.max / 1000] {
            made.append(item: 0, type: .view, time: time)
        }
        #expect(made.basketCount == 4)
        #expect(made.times == made.times.sorted())
    }

    @Test("A prefix holds whole baskets", arguments: 0...5)
    func prefix(_ baskets: Int) {
        let made = history([[1, 2], [3], [4, 5, 6], [7]])
        let prefix = made.prefix(baskets: baskets)
        #expect(prefix.basketCount == min(baskets, 4))
        #expect(prefix.items == Array(made.items.prefix(prefix.count)))
        #expect(prefix.times == Array(made.times.prefix(prefix.count)))
        #expect(prefix.basketStarts == Array(made.basketStarts.prefix(baskets)))
    }

    @Test("A suffix holds whole baskets within the limit, or one longer basket")
    func suffix() {
        let made = history([[1, 2], [3], [4, 5, 6], [7]])
        let expected: [Int: [Int32]] = [
            0: [7], 1: [7], 2: [7], 3: [7], 4: [4, 5, 6, 7], 5: [3, 4, 5, 6, 7],
            6: [3, 4, 5, 6, 7], 7: [1, 2, 3, 4, 5, 6, 7], 99: [1, 2, 3, 4, 5, 6, 7],
        ]
        for (limit, items) in expected { #expect(made.suffix(events: limit).items == items) }
        let long = history([[1], [2, 3, 4, 5, 6]])
        #expect(long.suffix(events: 2).items == [2, 3, 4, 5, 6])
        #expect(long.suffix(events: 2).basketCount == 1)
    }

    @Test("A sequence of a training set becomes a history")
    func fromSequences() {
        let made = sequences([[[1], [2, 3]], [[4, 5], [6]]])
        #expect(History(made, sequence: 1).items == [4, 5, 6])
        #expect(History(made, sequence: 1).basketCount == 2)
        #expect(History(made, events: 1..<3).items == [2, 3])
    }

    @Test("A catalogue finds every item, and the first of two of one id")
    func catalogue() {
        let catalogue = ModelCatalogue(itemIDs: ["a", "b", "a", ""])
        #expect(catalogue.count == 4)
        #expect(catalogue.index(of: "a") == 0)
        #expect(catalogue.index(of: "b") == 1)
        #expect(catalogue.index(of: "") == 3)
        #expect(catalogue.index(of: "A") == nil)
    }
}

@Suite("Training data")
struct TrainingDataTests {
    @Test("Events are grouped by key, in order of time")
    func grouping() {
        let data = TrainingData(
            [
                bought("u", "x", 30), bought("v", "y", 5), bought("u", "y", 10),
                bought("u", nil, 11, type: .search), bought("v", "z", 2, type: .view),
            ], by: \.userID)
        #expect(data.catalogue.itemIDs == ["x", "y", "z"])
        #expect(data.owners == ["u", "v"])
        #expect(data.sequences.offsets == [0, 2, 4])
        #expect(data.sequences.items == [1, 0, 2, 1])
        #expect(data.sequences.times == [10, 30, 2, 5])
        let types = [purchase, purchase, view, purchase]
        #expect(data.sequences.types == types.map(\.rawValue))
        #expect(data.droppedEventCount == 0)
    }

    @Test("Events of one time keep their order")
    func ties() {
        let items = ["c", "a", "d", "b", "a"]
        let data = TrainingData(items.map { bought("u", $0, 7) }, by: \.userID)
        #expect(data.sequences.items.map { data.catalogue.itemIDs[Int($0)] } == items)
    }

    @Test("Rare items are left out, and customers without other items too")
    func minimumCount() {
        let events = [
            bought("u", "rare", 1), bought("u", "often", 2), bought("v", "often", 3),
            bought("w", "once", 4), bought("v", "twice", 5), bought("u", "twice", 6),
        ]
        let data = TrainingData(events, by: \.userID, minimumItemCount: 2)
        #expect(data.catalogue.itemIDs == ["often", "twice"])
        #expect(data.owners == ["u", "v"])
        #expect(data.droppedEventCount == 2)
        #expect(data.sequences.items == [0, 1, 0, 1])
        let all = TrainingData(events, by: \.userID, minimumItemCount: -3)
        #expect(all.catalogue.count == 4)
        let none = TrainingData(events, by: \.userID, minimumItemCount: 3)
        #expect(none.catalogue.count == 0)
        #expect(none.sequences.count == 0)
        #expect(none.droppedEventCount == 6)
    }

    @Test("No events make no sequences")
    func nothing() {
        let data = TrainingData([Event](), by: \.userID)
        #expect(data.sequences.count == 0)
        #expect(data.catalogue.count == 0)
    }

    @Test("No event of a shop is lost")
    func shop() throws {
        let events = try World.events.get().filter { $0.itemID != nil }
        let data = try World.data.get()
        #expect(data.sequences.items.count == events.count)
        #expect(data.sequences.count == data.owners.count)
        for (index, owner) in data.owners.enumerated() {
            let own = events.filter { $0.userID == owner }
            let range = data.sequences.range(of: index)
            #expect(range.count == own.count)
            #expect(
                data.sequences.items[range].map { data.catalogue.itemIDs[Int($0)] }
                    == own.compactMap(\.itemID))
        }
    }
}
