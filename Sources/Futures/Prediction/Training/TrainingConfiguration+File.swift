package import Foundation

extension TrainingConfiguration {
    /// These settings, with those of a file in their place.
    ///
    /// The file is JSON in the form of a model's `config.json` under `training`; what it leaves
    /// out stays as it is.
    ///
    /// - Throws: ``PredictionError`` that names the setting that is unknown or cannot be used.
    package func replacing(with file: Data) throws(PredictionError) -> TrainingConfiguration {
        guard let changes = try? JSONSerialization.jsonObject(with: file) as? [String: Any] else {
            throw PredictionError(.setting, "The settings are not a JSON object.")
        }
        var result = self
        // One after the other, so that an error can say which of them it is about.
        for (path, value) in try Self.settings(in: changes, like: try Self.object(self), path: []) {
            let changed = Self.setting(value, at: path[...], in: try Self.object(result))
            guard let data = try? JSONSerialization.data(withJSONObject: changed),
                let next = try? JSONDecoder().decode(TrainingConfiguration.self, from: data)
            else {
                throw PredictionError(
                    .setting,
                    "'\(path.joined(separator: "."))' is \(value), which cannot be used there.")
            }
            result = next
        }
        return result
    }

    private static func object(
        _ configuration: TrainingConfiguration
    ) throws(PredictionError) -> [String: Any] {
        let object = (try? JSONEncoder().encode(configuration))
            .flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
        guard let object else {
            throw PredictionError(.setting, "A setting is not a finite number.")
        }
        return object
    }

    /// All single settings in a tree, with their places; `own` has all that there are.
    private static func settings(
        in changes: [String: Any], like own: [String: Any], path: [String]
    ) throws(PredictionError) -> [(path: [String], value: Any)] {
        var result: [(path: [String], value: Any)] = []
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            let place = path + [key]
            let name = place.joined(separator: ".")
            guard let known = own[key] else {
                throw PredictionError(
                    .setting,
                    "'\(name)' is no setting. There are "
                        + own.keys.sorted().joined(separator: ", ") + ".")
            }
            guard let inner = known as? [String: Any] else {
                result.append((place, value))
                continue
            }
            guard let changes = value as? [String: Any] else {
                throw PredictionError(.setting, "'\(name)' must be a JSON object.")
            }
            result += try settings(in: changes, like: inner, path: place)
        }
        return result
    }

    private static func setting(
        _ value: Any, at path: ArraySlice<String>, in object: [String: Any]
    ) -> [String: Any] {
        guard let key = path.first else { return object }
        var result = object
        result[key] =
            path.count == 1
            ? value
            : setting(value, at: path.dropFirst(), in: object[key] as? [String: Any] ?? [:])
        return result
    }
}
