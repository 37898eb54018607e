import Foundation
import Prediction
import Testing

@testable import foretwin

/// Tables and JSON of results.
@Suite struct OutputTests {
    @Test func aTableAlignsNumbersRightAndTitlesRanks() {
        var table = Table("#", "item", "#probability")
        table.add("1", "tea", "98 %")
        table.add("10", "a large cup")
        #expect(
            table.lines() == [
                " #  item         probability",
                "──  ───────────  ───────────",
                " 1  tea                 98 %",
                "10  a large cup",
            ])
    }

    @Test func metricsHaveKeysInSnakeCaseAndPublicNamesOfExperts() throws {
        let file = """
            {"sequenceCount": 9, "eventCount": 80, "itemCount": 7, "droppedEventCount": 1,
             "heldOutSequenceCount": 2, "epochs": [{"training": 4.5, "validation": 4.75}],
             "heldOutBits": {"history": -3.5, "ownTransitions": -6, "mixture": -3},
             "meanShares": {"history": 0.75, "transitions": 0.25}}
            """
        let metrics = try JSONDecoder().decode(TrainingMetrics.self, from: Data(file.utf8))
        let text = try jsonText(MetricsJSON(metrics))
        let read = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let json = try #require(read as? [String: Any])
        #expect(
            Set(json.keys) == [
                "customer_count", "held_out_customer_count", "event_count", "item_count",
                "dropped_event_count", "epochs", "held_out_log_likelihood_bits", "mean_weights",
            ])
        struct Values: Decodable {
            var epochs: [[String: Double]]
            var heldOutLogLikelihoodBits: [String: Double]
            var meanWeights: [String: Double]
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let values = try decoder.decode(Values.self, from: Data(text.utf8))
        #expect(values.epochs == [["training_loss": 4.5, "validation_loss": 4.75]])
        #expect(
            values.heldOutLogLikelihoodBits
                == ["repeat_purchase": -3.5, "personal_transitions": -6, "mixture": -3])
        #expect(
            values.meanWeights == ["repeat_purchase": 0.75, "population_transitions": 0.25])
    }
}
