import Foundation
import Kernels
import Learning

/// Moments of held-out sequences from which the shares of evidence are learned.
struct HeldOutExamples {
    /// Sequences asked at most, and moments in all; each sequence is asked about ten moments, about
    /// more where there are few sequences.
    static let sequenceLimit = 10_000
    private static let momentLimit = 10
    private static let lessonLimit = 20_000
    /// Lessons that bits are the mean of, at most about.
    private static let bitsLimit = 5_000
    private static let targetLimit = 12
    /// Lessons between two reports of progress.
    private static let lessonsAtOnce = 512

    private struct Example: Sendable {
        var context: PredictionQuery
        var targets: [Int32]
    }

    private let lessons: [Example]

    /// Picks moments at random, and for baskets also a point within the basket.
    init(_ sequences: EventSequences, seed: UInt64) {
        var lessons: [Example] = []
        let momentLimit = max(
            Self.momentLimit, Self.lessonLimit / 4 / max(1, sequences.count))
        for sequence in 0..<min(sequences.count, Self.sequenceLimit)
        where lessons.count < Self.lessonLimit {
            let history = History(sequences, sequence: sequence)
            var generator = PhiloxGenerator(seed: seed, stream: 0x1E55_0000 + UInt64(sequence))
            var moments = Array(1..<max(1, history.basketCount))
            generator.shuffle(&moments)
            for moment in moments.prefix(momentLimit) {
                lessons += Self.lessons(history, moment: moment)
            }
        }
        self.lessons = lessons
    }

    /// The same lessons with the LSTM's states, so that histories are replayed only once.
    func replayed(
        by sequence: SequenceExpert, threads: Int, stage: TrainingStage
    ) -> HeldOutExamples {
        HeldOutExamples(
            lessons: mapped(stage, blockSize: 1, threads: threads) { part in
                part.map { lesson in
                    var lesson = lesson
                    lesson.context.state = sequence.state(after: lesson.context.history)
                    return lesson
                }
            })
    }

    /// The same lessons in the places of another catalogue; what it lacks has happened to nobody,
    /// and is place -1 where it came next.
    func moved(from own: ModelCatalogue, to other: ModelCatalogue) -> HeldOutExamples {
        let places = own.itemIDs.map { other.place(of: $0) }
        return HeldOutExamples(
            lessons: lessons.map { lesson in
                let known = lesson.context.history
                var history = History()
                for (event, item) in known.items.enumerated() {
                    guard let place = places[Int(item)] else { continue }
                    history.append(
                        item: place, type: known.types[event], time: known.times[event])
                }
                var context = lesson.context
                context.history = history
                context.state = nil
                return Example(
                    context: context, targets: lesson.targets.map { places[Int($0)] ?? -1 })
            })
    }

    private init(lessons: [Example]) { self.lessons = lessons }

    /// What the lessons ask about.
    var contexts: [PredictionQuery] { lessons.map(\.context) }

    /// What each source of a model gave to the items that came next.
    func cases(
        _ model: PredictionModel, threads: Int, stage: TrainingStage = .silent
    ) -> [Mixture.Case] {
        asked(model, threads: threads, stage: stage) { Self.cases($0, $1) }.flatMap { $0 }
    }

    /// The lists of likeliest items by a model's mixture, and what of them came next.
    func rerankerLessons(
        _ model: PredictionModel, threads: Int, stage: TrainingStage
    ) -> [RerankerTraining.Example] {
        let itemCount = model.catalogue.count
        return asked(model, threads: threads, stage: stage) { lesson, reading in
            let mixed = ItemDistribution(reading, model.mixture, .none, itemCount: itemCount)
            let list = RerankerList(mixed.probabilities, reading)
            return RerankerTraining.Example(
                list: list,
                targets: lesson.targets.map { target in
                    list.items.firstIndex(of: target) ?? list.items.count
                })
        }
    }

    /// The mean of log2 of the probability that a model gives to what came next.
    func bits(
        _ model: PredictionModel, threads: Int, stage: TrainingStage = .silent
    ) -> Double {
        let itemCount = model.catalogue.count
        let apart = max(1, lessons.count / Self.bitsLimit)
        let some = HeldOutExamples(
            lessons: stride(from: 0, to: lessons.count, by: apart).map { lessons[$0] })
        let sums = some.asked(model, threads: threads, stage: stage) { lesson, reading in
            let prediction = ItemDistribution(
                reading, model.mixture, model.reranker, itemCount: itemCount)
            return lesson.targets.reduce(0.0) { sum, target in
                let place = Int(target)
                let known = prediction.probabilities.indices.contains(place)
                return sum + Self.bits(known ? Double(prediction.probabilities[place]) : 0)
            }
        }
        let count = some.lessons.reduce(0) { $0 + $1.targets.count }
        return sums.reduce(0, +) / Double(max(1, count))
    }

    /// log2 of a probability, with a floor under what was taken for impossible.
    static func bits(_ probability: Double) -> Double { log2(max(1e-9, probability)) }

    /// Something of each lesson and of what a model's sources say there.
    private func asked<Value: Sendable>(
        _ model: PredictionModel, threads: Int, stage: TrainingStage,
        _ value: @Sendable (Example, ExpertOutputs) -> Value
    ) -> [Value] {
        mapped(stage, blockSize: 32, threads: threads) { part in
            zip(part, model.readings(of: part.map(\.context))).map { value($0, $1) }
        }
    }

    /// Something of each lesson, worked out in blocks on several threads, with a report now and
    /// then.
    private func mapped<Value: Sendable>(
        _ stage: TrainingStage, blockSize: Int, threads: Int,
        _ values: @Sendable (ArraySlice<Example>) -> [Value]
    ) -> [Value] {
        let lessons = lessons
        let blocks = (lessons.count + blockSize - 1) / blockSize
        let blocksAtOnce = max(threads, Self.lessonsAtOnce / blockSize)
        var found: [Value] = []
        found.reserveCapacity(lessons.count)
        for first in stride(from: 0, to: blocks, by: blocksAtOnce) {
            let count = min(blocksAtOnce, blocks - first)
            let part = parallelMap(count, threads: threads) { index in
                let start = (first + index) * blockSize
                return values(lessons[start..<min(lessons.count, start + blockSize)])
            }
            for block in part { found += block }
            stage.tell(done: found.count, of: lessons.count)
        }
        return found
    }

    private static func lessons(_ history: History, moment: Int) -> [Example] {
        let events = history.moment(moment)
        let first = events.lowerBound
        let before = history.prefix(moments: moment)
        var lessons = [
            Example(
                context: PredictionQuery(
                    history: before, time: history.times[first], type: history.types[first],
                    sameBasket: false),
                targets: distinct(history.items[events]))
        ]
        let middle = first + events.count / 2
        if events.count > 1 {
            var within = before
            for event in first..<middle {
                within.append(
                    item: history.items[event], type: history.types[event],
                    time: history.times[event])
            }
            let known = Set(history.items[first..<middle])
            let targets = distinct(history.items[middle..<events.upperBound])
                .filter { !known.contains($0) }
            lessons.append(
                Example(
                    context: PredictionQuery(
                        history: within, time: history.times[first], type: history.types[middle],
                        sameBasket: true),
                    targets: targets))
        }
        return lessons
    }

    private static func distinct(_ items: ArraySlice<Int32>) -> [Int32] {
        var seen: Set<Int32> = []
        return Array(items.filter { seen.insert($0).inserted }.prefix(targetLimit))
    }

    private static func cases(_ lesson: Example, _ reading: ExpertOutputs) -> [Mixture.Case] {
        lesson.targets.map { target in
            Mixture.Case(
                situation: reading.situation,
                probabilities: reading.evidence.map {
                    $0.isEmpty ? nil : $0.probability(of: target)
                })
        }
    }
}
