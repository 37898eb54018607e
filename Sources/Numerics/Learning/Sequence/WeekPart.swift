/// Parts of the week, of three hours each.
///
/// They are counted in UTC from Thursday, 00:00. The local time of a part depends on the time zone,
/// and the model learns its effect. With customers in many time zones, it learns their mean effect.
package enum WeekPart {
    /// The number of parts.
    package static let count = 56

    /// The value for an unknown time; it has no effect on predictions.
    package static let unknown = UInt8.max

    /// The length of a part, in seconds.
    package static let seconds: Int64 = 3 * 3_600

    /// The part of the week of a time in seconds since 1970.
    package static func index(time: Int64) -> Int {
        let week = seconds * Int64(count)
        let within = time % week
        return Int((within < 0 ? within + week : within) / seconds)
    }
}
