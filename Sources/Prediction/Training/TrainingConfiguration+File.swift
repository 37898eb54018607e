public import Foundation

extension TrainingConfiguration {
    /// These settings, with those of a file in their place.
    ///
    /// The file is JSON in the form of a model's `config.json` under `training`; what it leaves
    /// out stays as it is.
    ///
    /// - Throws: ``PredictionError`` that names the setting that is unknown or of the wrong type.
    public func replacing(with file: Data) throws(PredictionError) -> TrainingConfiguration {
        guard let changes = try? JSONSerialization.jsonObject(with: file) as? [String: Any] else {
            throw PredictionError(.setting, "The settings are not a JSON object.")
        }
        do {
            let own = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self))
            let merged = try Self.merged(own as? [String: Any] ?? [:], changes, path: [])
            let data = try JSONSerialization.data(withJSONObject: merged)
            return try JSONDecoder().decode(TrainingConfiguration.self, from: data)
        } catch let error as PredictionError {
            throw error
        } catch let error as DecodingError {
            throw PredictionError(.setting, Self.sentence(error))
        } catch {
            throw PredictionError(.setting, "The settings cannot be used: \(error)")
        }
    }

    private static func merged(
        _ own: [String: Any], _ changes: [String: Any], path: [String]
    ) throws(PredictionError) -> [String: Any] {
        var result = own
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            let place = (path + [key]).joined(separator: ".")
            guard let known = own[key] else {
                throw PredictionError(
                    .setting,
                    "'\(place)' is no setting. There are "
                        + own.keys.sorted().joined(separator: ", ") + ".")
            }
            guard let inner = known as? [String: Any] else {
                result[key] = value
                continue
            }
            guard let changes = value as? [String: Any] else {
                throw PredictionError(.setting, "'\(place)' must be a JSON object.")
            }
            result[key] = try merged(inner, changes, path: path + [key])
        }
        return result
    }

    private static func sentence(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context), .keyNotFound(_, let context):
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "'\(place)' has a value that cannot be used there: \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}
