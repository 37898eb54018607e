import Learning
import Shop
import Testing

@testable import Prediction

@Suite("History")
struct HistoryTests {
    @Test("Events of one time form one moment")
    func moments() {
        let made = history([[1, 2, 3], [4], [5, 5]])
        #expect(made.count == 6)
        #expect(made.basketCount == 3)
        #expect((0..<3).map { made.moment($0) } == [0..<3, 3..<4, 4..<6])
        #expect(Array(made.lastBasket) == [5, 5])
        #expect(made.lastTime == 2 * day)
        #expect(!made.isEmpty)
    }

    @Test("Nobody has no moments")
    func empty() {
        let nobody = History()
        #expect(nobody.isEmpty)
        #expect(nobody.basketCount == 0)
        #expect(nobody.lastBasket.isEmpty)
        #expect(nobody.lastTime == nil)
        #expect(nobody.prefix(moments: 3).isEmpty)
        #expect(nobody.suffix(events: 3).isEmpty)
    }

    @Test("The usual time in a range is the middle, moved to where more of the moments were")
    func usualTime() {
        let hour: Int64 = 3_600
        #expect(History().usualTime(in: 100...300) == 200)
        // Three moments on Thursdays at 18:30, one on a Friday at 6:30; 1970 began on a Thursday.
        var made = History()
        for (week, offset) in [(0, 18), (1, 18), (1, 30), (2, 18)] {
            let time = Int64(week) * 7 * day + Int64(offset) * hour + 1_800
            made.append(item: 1, type: purchase, time: time)
            made.append(item: 2, type: purchase, time: time)
        }
        let weeks: Int64 = 100 * 7 * day
        let usual = made.usualTime(in: weeks...weeks + 7 * day)
        #expect(WeekPart.index(time: usual) == 6)
        #expect((weeks...weeks + 7 * day).contains(usual))
        // On a Friday there is the Friday's hour alone; on a Sunday nothing, so the middle.
        let friday = made.usualTime(in: weeks + day...weeks + 2 * day)
        #expect(WeekPart.index(time: friday) == 10)
        let sunday = weeks + 3 * day
        #expect(made.usualTime(in: sunday...sunday + 200) == sunday + 100)
        #expect(made.usualTime(in: 5...5) == 5)
    }

    @Test("An event older than the newest joins the newest moment")
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

    @Test("A prefix holds whole moments", arguments: 0...5)
    func prefix(_ moments: Int) {
        let made = history([[1, 2], [3], [4, 5, 6], [7]])
        let prefix = made.prefix(moments: moments)
        #expect(prefix.basketCount == min(moments, 4))
        #expect(prefix.items == Array(made.items.prefix(prefix.count)))
        #expect(prefix.times == Array(made.times.prefix(prefix.count)))
        #expect(prefix.basketStarts == Array(made.basketStarts.prefix(moments)))
    }

    @Test("A suffix holds whole moments, and no more events than asked but for one long moment")
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
        #expect(catalogue.place(of: "a") == 0)
        #expect(catalogue.place(of: "b") == 1)
        #expect(catalogue.place(of: "") == 3)
        #expect(catalogue.place(of: "A") == nil)
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

    @Test("Rare items are left out, and those who had nothing else too")
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

    @Test("A shop's events lose nothing")
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
