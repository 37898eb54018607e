/// Discrete classes of the time gap between two successive events.
///
/// Class 0 means equal times. The bounds follow common rhythms: within a visit, later on the same
/// day, the next day, twice a week, weekly, fortnightly, monthly, and rarer.
package enum TimeGap {
    /// The longest time in each class, in seconds; both ends belong to the class.
    private static let longest: [Int64] = [
        0, 60, 300, 1_800, 7_200, 28_800, 72_000, 129_600, 216_000, 302_400, 475_200, 734_400,
        1_296_000, 2_592_000, 5_184_000, 15_552_000,
    ]

    /// The number of classes.
    package static let count = 16

    /// The class of the gap before the first event of a sequence: the longest one.
    package static let beginning = UInt8(count - 1)

    /// The class of a gap in seconds; a negative gap counts as 0.
    package static func index(seconds: Int64) -> Int {
        var low = 0
        var high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if seconds <= longest[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The seconds that belong to a class; the last class ends at 180 days.
    package static func bounds(_ index: Int) -> ClosedRange<Int64> {
        precondition(index >= 0 && index < count, "The class must be below the count of classes.")
        return index == 0 ? 0...0 : (longest[index - 1] + 1)...longest[index]
    }
}
