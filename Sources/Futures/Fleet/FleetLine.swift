package import Foundation
import Simulation
import Time

/// One line of a fleet file: the forecast of one item of a twin.
package struct FleetLine: Codable, Sendable, Hashable {
    /// The pseudonym under which the store knows the customer.
    package var twin: String
    /// The shop's id of the item.
    package var itemID: String
    /// The origin of the paths, as ISO 8601.
    package var asOf: String
    /// The horizon, in days.
    package var horizonDays: Double
    /// The path probability of the item within the horizon.
    package var probability: Double
    /// The lower end of the 95 % interval of ``probability``, by the number of paths.
    package var low: Double
    /// The upper end of that interval.
    package var high: Double
    /// The calibrated probability; missing without a calibration of the model.
    package var calibratedProbability: Double?
    /// The expected number of events with the item.
    package var expectedCount: Double
    /// The Monte Carlo error of ``expectedCount``, as a standard error.
    package var expectedError: Double
    /// The 10 % quantile of the time of its first event, over the paths with one, as ISO 8601.
    package var firstTime10: String
    /// The median of that time.
    package var firstTimeMedian: String
    /// The 90 % quantile of that time.
    package var firstTime90: String

    enum CodingKeys: String, CodingKey {
        case twin = "customer_key"
        case probability, low, high
        case itemID = "item_id"
        case asOf = "as_of"
        case horizonDays = "horizon_days"
        case calibratedProbability = "calibrated_probability"
        case expectedCount = "expected_count"
        case expectedError = "monte_carlo_error"
        case firstTime10 = "first_time_p10"
        case firstTimeMedian = "first_time_p50"
        case firstTime90 = "first_time_p90"
    }

    /// The lines of some twins, each a JSON object and a line feed.
    ///
    /// - Parameters:
    ///   - forecasts: The forecasts of the twins.
    ///   - settings: The settings of the run.
    ///   - itemIDs: The ids of the model's catalogue.
    /// - Returns: UTF-8 text.
    /// - Throws: `EncodingError` for a number that is not finite.
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
                    expectedError: item.expectedError, firstTime10: times[0],
                    firstTimeMedian: times[1], firstTime90: times[2])
                data.append(try encoder.encode(line))
                data.append(UInt8(ascii: "\n"))
            }
        }
        return data
    }
}
