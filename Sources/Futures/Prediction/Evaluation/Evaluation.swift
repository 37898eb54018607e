import Kernels
package import Learning
package import Shop

/// The settings of an evaluation.
package struct EvaluationSettings: Sendable {
    /// The method that ranks items.
    package var method: EvaluationMethod
    /// The lengths of the list for which metrics are computed.
    package var lengths: [Int]
    /// For next-event: the least number of events before the one to predict.
    package var minimumPrefix: Int
    /// For next-basket: whether nDCG's ideal list is cut at the length of the list.
    package var cutsIdeal: Bool
    /// The settings of training.
    package var training: TrainingConfiguration

    /// Makes settings.
    package init(
        method: EvaluationMethod = .full, lengths: [Int] = [10, 20], minimumPrefix: Int = 1,
        cutsIdeal: Bool = false, training: TrainingConfiguration = TrainingConfiguration()
    ) {
        self.method = method
        self.lengths = lengths
        self.minimumPrefix = minimumPrefix
        self.cutsIdeal = cutsIdeal
        self.training = training
    }
}

/// The result of an evaluation; all rates are fractions.
package struct EvaluationResult: Codable, Sendable {
    /// `next-basket` or `next-event`.
    package var `protocol`: String
    /// The method that ranked items.
    package var method: EvaluationMethod
    /// The number of predictions.
    package var examples: Int
    /// The number of items in the catalogue, all of which were ranked.
    package var items: Int
    /// The fraction of the target items in the list, by length; next-basket.
    package var recall: [String: Double]?
    /// The normalised discounted cumulative gain, by length.
    package var ndcg: [String: Double]
    /// The fraction of customers with at least one hit, by length; next-basket.
    package var phr: [String: Double]?
    /// The fraction of examples whose item is in the list, by length; next-event.
    package var hitRate: [String: Double]?
    /// The mean reciprocal rank, 0 beyond the list, by length; next-event.
    package var mrr: [String: Double]?
    /// The wall time by stage of work, in seconds.
    package var seconds: [String: Double]
    /// The settings of training.
    package var config: TrainingConfiguration

    enum CodingKeys: String, CodingKey {
        case `protocol`, method, examples, items, recall, ndcg, phr, mrr, seconds, config
        case hitRate = "hit_rate"
    }
}

/// Compares predictions with outcomes by a fixed protocol.
///
/// It learns from the training events alone. Test events are only used as queries and targets.
package struct Evaluation {
    private let settings: EvaluationSettings
    private let progress: (TrainingProgress) -> Void

    /// Makes an evaluation.
    ///
    /// - Throws: ``PredictionError`` when a setting is out of its range.
    package init(
        _ settings: EvaluationSettings, progress: @escaping (TrainingProgress) -> Void = { _ in }
    ) throws(PredictionError) {
        guard !settings.lengths.isEmpty, settings.lengths.allSatisfy({ (1...1000).contains($0) })
        else { throw PredictionError(.setting, "k must be numbers from 1 to 1000.") }
        guard settings.minimumPrefix >= 1 else {
            throw PredictionError(.setting, "The shortest prefix must be 1 or more.")
        }
        self.settings = settings
        self.progress = progress
    }

    /// Predicts each customer's next basket.
    ///
    /// - Parameters:
    ///   - training: Events before the basket, of any customers.
    ///   - test: The events of one basket of each customer; repeats of an item count once.
    /// - Returns: Recall, nDCG and the fraction of customers with a hit.
    /// - Throws: ``PredictionError`` if test baskets are in the training events, or training fails.
    package func nextBasket(training: [Event], test: [Event]) throws -> EvaluationResult {
        let clock = StageClock()
        let baskets = Set(training.map { [$0.userID, $0.basketID] })
        let leaks = test.count { $0.basketID != nil && baskets.contains([$0.userID, $0.basketID]) }
        guard leaks == 0 else {
            throw PredictionError(
                .data, "\(leaks) test events belong to baskets of the training file. Split again.")
        }
        let data = TrainingData(
            training, by: \.userID, minimumItemCount: settings.training.minimumItemCount)
        let targets = Dictionary(grouping: test, by: \.userID)
            .mapValues { Set($0.compactMap(\.itemID)) }.filter { !$0.value.isEmpty }
        let users = targets.keys.sorted()
        let types = Self.types(test)
        let ranker = try ranker(data, clock)
        clock.enter("rank")
        let sequenceOf = Dictionary(
            zip(data.owners, data.owners.indices), uniquingKeysWith: { first, _ in first })
        let longest = settings.lengths.max() ?? 0
        let ranks = parallelMap(users.count, threads: threads) { index -> [Int] in
            let user = users[index]
            let history =
                sequenceOf[user].map { History(data.sequences, sequence: $0) } ?? History()
            let list = topIndices(ranker.scores([history], types: types)[0], longest)
            let wanted = targets[user] ?? []
            return list.indices.filter { wanted.contains(data.catalogue.itemIDs[Int(list[$0])]) }
        }
        var metrics = RankingMetrics(
            lengths: settings.lengths, ideal: settings.cutsIdeal ? .cut : .full)
        for (user, found) in zip(users, ranks) {
            metrics.add(ranks: found, targetCount: targets[user]?.count ?? 0)
        }
        var result = result("next-basket", metrics, data, clock)
        result.recall = metrics.meanRecall
        result.phr = metrics.hitRate
        return result
    }

    /// Predicts each next event of new sessions from all events before it in the session.
    ///
    /// All items are ranked, including those that the session already has.
    ///
    /// - Parameters:
    ///   - training: Events of other sessions.
    ///   - test: Events of the sessions to predict.
    /// - Returns: Hit rate, mean reciprocal rank and nDCG.
    /// - Throws: ``PredictionError`` if test sessions are in the training events, or training
    ///   fails.
    package func nextEvent(training: [Event], test: [Event]) throws -> EvaluationResult {
        let clock = StageClock()
        let session: (Event) -> String = { $0.sessionID ?? $0.userID }
        let known = Set(training.map(session))
        let leaks = Set(test.map(session)).intersection(known).count
        guard leaks == 0 else {
            throw PredictionError(
                .data, "\(leaks) test sessions are in the training file too. Split again.")
        }
        let data = TrainingData(
            training, by: session, minimumItemCount: settings.training.minimumItemCount)
        let sessions = TrainingData(test, by: session)
        let ranker = try ranker(data, clock)
        clock.enter("rank")
        let catalogueIndices = sessions.catalogue.itemIDs.map { data.catalogue.index(of: $0) }
        let minimum = settings.minimumPrefix
        let ranks = parallelMap(sessions.sequences.count, threads: threads) { index -> [Int?] in
            Self.ranks(
                sessions.sequences, sequence: index, catalogueIndices: catalogueIndices,
                minimum: minimum,
                ranker: ranker)
        }
        var metrics = RankingMetrics(lengths: settings.lengths, ideal: .cut)
        for rank in ranks.joined() {
            metrics.add(ranks: rank.map { [$0] } ?? [], targetCount: 1)
        }
        var result = result("next-event", metrics, data, clock)
        result.hitRate = metrics.hitRate
        result.mrr = metrics.meanReciprocalRank
        return result
    }

    private var threads: Int { settings.training.sequence.threads }

    private func ranker(_ data: TrainingData, _ clock: StageClock) throws -> Ranker {
        clock.enter("count")
        return try Ranker(
            settings.method, data: data, configuration: settings.training,
            progress: { report in
                clock.enter(report.stage)
                progress(report)
            })
    }

    /// The rank of each event with a long enough prefix; `nil` for an unknown item.
    private static func ranks(
        _ sequences: EventSequences, sequence: Int, catalogueIndices: [Int32?], minimum: Int,
        ranker: Ranker
    ) -> [Int?] {
        var history = History()
        var examples: [(history: History, target: Int32?)] = []
        for (position, event) in sequences.range(of: sequence).enumerated() {
            let index = catalogueIndices[Int(sequences.items[event])]
            if position >= minimum { examples.append((history, index)) }
            if let index, let type = EventType(rawValue: sequences.types[event]) {
                history.append(item: index, type: type, time: sequences.times[event])
            }
        }
        var ranks: [Int?] = []
        // Batches of 32: large enough for fast matrix products, small enough for memory.
        for start in stride(from: 0, to: examples.count, by: 32) {
            let part = examples[start..<min(examples.count, start + 32)]
            let scores = ranker.scores(part.map(\.history), types: nil)
            ranks += zip(part, scores).map { example, scores in
                example.target.map { rank(of: $0, scores) }
            }
        }
        return ranks
    }

    private static func rank(of item: Int32, _ scores: [Float]) -> Int {
        let score = scores[Int(item)]
        var rank = 0
        for (index, other) in scores.enumerated() {
            if other > score || (other == score && index < Int(item)) { rank += 1 }
        }
        return rank
    }

    /// The type of the test events; `nil` if they have several.
    private static func types(_ test: [Event]) -> [EventType]? {
        let types = Set(test.map(\.type))
        return types.count == 1 ? Array(types) : nil
    }

    private func result(
        _ name: String, _ metrics: RankingMetrics, _ data: TrainingData, _ clock: StageClock
    ) -> EvaluationResult {
        EvaluationResult(
            protocol: name, method: settings.method, examples: metrics.count,
            items: data.catalogue.count, ndcg: metrics.meanNDCG, seconds: clock.seconds(),
            config: settings.training)
    }
}

/// Sums wall time by stage of work.
private final class StageClock {
    private var stage = "prepare"
    private var start = ContinuousClock.now
    private var sums: [String: Double] = [:]

    func enter(_ next: String) {
        guard next != stage else { return }
        close()
        stage = next
    }

    func seconds() -> [String: Double] {
        close()
        return sums
    }

    private func close() {
        let now = ContinuousClock.now
        let (seconds, attoseconds) = (now - start).components
        sums[stage, default: 0] += Double(seconds) + Double(attoseconds) / 1e18
        start = now
    }
}
