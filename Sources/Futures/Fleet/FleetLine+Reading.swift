extension FleetLine {
    /// The keys that files of earlier versions have.
    private enum OldKeys: String, CodingKey {
        case twin
        case expectedError = "expected_error"
        case firstTime10 = "first_tenth"
        case firstTimeMedian = "first_half"
        case firstTime90 = "first_nine_tenths"
    }

    /// Reads a line of this or an earlier version.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let old = try decoder.container(keyedBy: OldKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, old oldKey: OldKeys) throws -> Value {
            if !values.contains(key), old.contains(oldKey) {
                return try old.decode(Value.self, forKey: oldKey)
            }
            return try values.decode(Value.self, forKey: key)
        }
        twin = try value(.twin, old: .twin)
        itemID = try values.decode(String.self, forKey: .itemID)
        asOf = try values.decode(String.self, forKey: .asOf)
        horizonDays = try values.decode(Double.self, forKey: .horizonDays)
        probability = try values.decode(Double.self, forKey: .probability)
        low = try values.decode(Double.self, forKey: .low)
        high = try values.decode(Double.self, forKey: .high)
        calibratedProbability = try values.decodeIfPresent(
            Double.self, forKey: .calibratedProbability)
        expectedCount = try values.decode(Double.self, forKey: .expectedCount)
        expectedError = try value(.expectedError, old: .expectedError)
        firstTime10 = try value(.firstTime10, old: .firstTime10)
        firstTimeMedian = try value(.firstTimeMedian, old: .firstTimeMedian)
        firstTime90 = try value(.firstTime90, old: .firstTime90)
    }
}
