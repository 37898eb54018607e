/// Parts of the week, of three hours each: breakfast on a Monday is another time than Friday night.
///
/// Counted in UTC from Thursday midnight. What a part means to people depends on where they live and
/// is learned; a shop whose customers live far apart in longitude learns their mean.
package enum WeekPart {
    /// The number of parts.
    package static let count = 56

    /// Stands for a time that nobody knows; it says nothing.
    package static let unknown = UInt8.max

    /// The length of a part, in seconds.
    package static let seconds: Int64 = 3 * 3_600

    /// The part of the week that a time lies in; seconds since 1970.
    package static func index(time: Int64) -> Int {
        let week = seconds * Int64(count)
        let within = time % week
        return Int((within < 0 ? within + week : within) / seconds)
    }
}
