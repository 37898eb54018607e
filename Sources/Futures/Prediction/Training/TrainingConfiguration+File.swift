package import Foundation

extension TrainingConfiguration {
    /// A copy with the settings of a file.
    ///
    /// The file is JSON in the form of `training` in a model's `config.json`. Settings that it does
    /// not have stay as they are.
    ///
    /// - Throws: ``PredictionError`` that names the setting that is unknown or invalid.
    package func replacing(with file: Data) throws(PredictionError) -> TrainingConfiguration {
        guard let changes = try? JSONSerialization.jsonObject(with: file) as? [String: Any] else {
            throw PredictionError(.setting, "The settings are not a JSON object.")
        }
        var result = self
        // One at a time, so that an error can name the setting.
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

    /// All leaf settings of a tree with their paths; `own` has all settings that exist.
    private static func settings(
        in changes: [String: Any], like own: [String: Any], path: [String]
    ) throws(PredictionError) -> [(path: [String], value: Any)] {
        var result: [(path: [String], value: Any)] = []
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            let settingPath = path + [key]
            let name = settingPath.joined(separator: ".")
            guard let known = own[key] else {
                throw PredictionError(
                    .setting,
                    "'\(name)' is not a setting. There are "
                        + own.keys.sorted().joined(separator: ", ") + ".")
            }
            guard let inner = known as? [String: Any] else {
                result.append((settingPath, value))
                continue
            }
            guard let changes = value as? [String: Any] else {
                throw PredictionError(.setting, "'\(name)' must be a JSON object.")
            }
            result += try settings(in: changes, like: inner, path: settingPath)
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
