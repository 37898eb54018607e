import Foundation
package import Shop
import Time

/// Reads the weather of one city from a response of Open-Meteo, a forecast or an archive.
///
/// It uses `daily.time`, `daily.temperature_2m_mean` (or the middle between
/// `daily.temperature_2m_max` and `daily.temperature_2m_min`) and `daily.precipitation_sum`.
/// Degrees Fahrenheit and inches are converted. Coordinates are not read: a store knows no location
/// finer than a city.
package enum WeatherFile {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - city: The city of the weather, as events name it.
    /// - Returns: The weather; days without a value are counted as gaps.
    /// - Throws: ``TwinsError`` for a file of another format, or a value out of its bounds.
    package static func read(_ path: String, city: String) throws(TwinsError) -> FeedImportResult {
        try read(try FeedBytes.read(path), named: path, city: city)
    }

    /// Reads the text of a file.
    static func read(
        _ text: Data, named file: String, city: String
    ) throws(TwinsError) -> FeedImportResult {
        do throws(Rejection) {
            try ContextRules.check(city: city)
        } catch {
            throw TwinsError(.setting, "The city is \(error.reason.rawValue): \(error.detail).")
        }
        var result = FeedImportResult()
        let daily = try WeatherResponse(text, named: file).checkedDaily(file)
        let series = try WeatherSeries(daily, file)
        var days: [Int: Weather] = [:]
        for index in daily.time.indices {
            let name = daily.time[index]
            guard name.utf8.count == 10, let day = Day.number(name) else {
                throw TwinsError(
                    .format,
                    "daily.time of \(file) has \(Rejection.quoted(name)), which is no day such "
                        + "as 2026-03-01. Ask for timeformat=iso8601.")
            }
            guard let weather = series[index] else {
                result.gapCount += 1
                continue
            }
            do throws(Rejection) {
                try ContextRules.check(weather)
            } catch {
                throw TwinsError(.format, "\(file), \(name): \(error.detail).")
            }
            guard days.updateValue(weather, forKey: day) == nil else {
                throw TwinsError(.format, "daily.time of \(file) has \(name) twice. Keep one.")
            }
        }
        if !days.isEmpty { result.feeds.weather[city] = days }
        return result
    }
}

/// The values of the days in degrees Celsius and millimetres, by their index in the file.
private struct WeatherSeries {
    private let mean: [Double?]?
    private let greatest: [Double?]?
    private let least: [Double?]?
    private let precipitation: [Double?]

    init(_ daily: WeatherResponse.Daily, _ file: String) throws(TwinsError) {
        mean = try daily.temperature("temperature_2m_mean", daily.mean, file)
        greatest = try daily.temperature("temperature_2m_max", daily.greatest, file)
        least = try daily.temperature("temperature_2m_min", daily.least, file)
        guard mean != nil || (greatest != nil && least != nil) else {
            throw TwinsError(
                .format,
                "\(file) lacks daily.temperature_2m_mean. Ask for it, or for both "
                    + "temperature_2m_max and temperature_2m_min.")
        }
        guard let known = try daily.precipitation("precipitation_sum", daily.precipitation, file)
        else {
            throw TwinsError(.format, "\(file) lacks daily.precipitation_sum. Ask for it.")
        }
        precipitation = known
    }

    /// The weather of a day; `nil` if any part of it is missing.
    subscript(index: Int) -> Weather? {
        guard let temperature = temperature(index), let precipitation = precipitation[index]
        else { return nil }
        return Weather(temperature: temperature, precipitation: precipitation)
    }

    private func temperature(_ index: Int) -> Double? {
        if let mean = mean?[index] { return mean }
        guard let greatest = greatest?[index], let least = least?[index] else { return nil }
        return rounded((greatest + least) / 2)
    }
}

extension WeatherResponse.Daily {
    /// The values of a field in degrees Celsius; `nil` if the file lacks it.
    fileprivate func temperature(
        _ name: String, _ values: [Double?]?, _ file: String
    ) throws(TwinsError) -> [Double?]? {
        guard let values = try checked(name, values, file) else { return nil }
        switch units[name] {
        case "°C": return values
        case "°F": return values.map { $0.map { rounded(($0 - 32) * 5 / 9) } }
        case let unit:
            throw wrongUnit(name, unit, "°C or °F (temperature_unit=celsius)", file)
        }
    }

    /// The values of a field in millimetres; `nil` if the file lacks it.
    fileprivate func precipitation(
        _ name: String, _ values: [Double?]?, _ file: String
    ) throws(TwinsError) -> [Double?]? {
        guard let values = try checked(name, values, file) else { return nil }
        switch units[name] {
        case "mm": return values
        case "inch": return values.map { $0.map { rounded($0 * 25.4) } }
        case let unit:
            throw wrongUnit(name, unit, "mm or inch (precipitation_unit=mm)", file)
        }
    }

    private func checked(
        _ name: String, _ values: [Double?]?, _ file: String
    ) throws(TwinsError) -> [Double?]? {
        guard let values, values.count != time.count else { return values }
        throw TwinsError(
            .format,
            "daily.\(name) of \(file) has \(values.count) values, and daily.time \(time.count) "
                + "days. Fetch the file again.")
    }

    private func wrongUnit(
        _ name: String, _ unit: String?, _ right: String, _ file: String
    ) -> TwinsError {
        let what = unit.map { "is \(Rejection.quoted($0))" } ?? "is missing"
        return TwinsError(
            .format, "daily_units.\(name) of \(file) \(what). It has to be \(right).")
    }
}

/// Rounds to hundredths, so that conversions leave no long fractions.
private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
