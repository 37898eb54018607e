package import Foundation
import Simulation
import Time

/// One line of a fleet file: what is foreseen of one item of a twin.
package struct FleetLine: Codable, Sendable, Hashable {
    /// The pseudonym under which the store knows the customer.
    package var twin: String
    /// The shop's id of the item.
    package var itemID: String
    /// The moment from which the futures start, as ISO 8601.
    package var asOf: String
    /// How far they reach, in days.
    package var horizonDays: Double
    /// The share of futures in which the item is taken within the horizon.
    package var probability: Double
    /// The lower end of the 95 % interval of ``probability`` by the number of paths.
    package var low: Double
    /// The upper end of that interval.
    package var high: Double
    /// The calibrated probability that it is bought; missing without a back-test of the model.
    package var calibratedProbability: Double?
    /// How often the item is taken on average.
    package var expectedCount: Double
    /// The standard error of ``expectedCount`` by the number of paths.
    package var expectedError: Double
    /// When it has been taken first in a tenth of the futures that hold it, as ISO 8601.
    package var firstTenth: String
    /// When it has been taken first in half of them.
    package var firstHalf: String
    /// When it has been taken first in nine tenths of them.
    package var firstNineTenths: String

    enum CodingKeys: String, CodingKey {
        case twin = "customer_key"
        case probability, low, high
        case itemID = "item_id"
        case asOf = "as_of"
        case horizonDays = "horizon_days"
        case calibratedProbability = "calibrated_probability"
        case expectedCount = "expected_count"
        case expectedError = "monte_carlo_error"
        case firstTenth = "first_time_p10"
        case firstHalf = "first_time_p50"
        case firstNineTenths = "first_time_p90"
    }

    /// The lines of some twins as JSON, each with its end.
    ///
    /// - Parameters:
    ///   - forecasts: What is foreseen of the twins.
    ///   - settings: What was asked.
    ///   - itemIDs: The ids of the model's catalogue.
    /// - Returns: UTF-8 text.
    /// - Throws: `EncodingError` for a number that is none.
    package static func lines(
        _ forecasts: [TwinForecast], _ settings: FleetSettings, itemIDs: [String]
    ) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let origin = Timestamp(seconds: settings.origin).iso8601
        var data = Data()
        for forecast in forecasts {
            for item in forecast.items where itemIDs.indices.contains(Int(item.predicted.item)) {
                let times = item.firstTimes.map { Timestamp(seconds: $0).iso8601 }
                let line = FleetLine(
                    twin: forecast.pseudonym, itemID: itemIDs[Int(item.predicted.item)],
                    asOf: origin, horizonDays: Double(settings.horizonSeconds) / 86_400,
                    probability: item.predicted.probability,
                    low: item.predicted.interval.lowerBound,
                    high: item.predicted.interval.upperBound,
                    calibratedProbability: forecast.calibrated[item.predicted.item]?.value,
                    expectedCount: item.expectedCount,
                    expectedError: item.expectedError, firstTenth: times[0], firstHalf: times[1],
                    firstNineTenths: times[2])
                data.append(try encoder.encode(line))
                data.append(UInt8(ascii: "\n"))
            }
        }
        return data
    }
}
