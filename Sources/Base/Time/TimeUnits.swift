/// Lengths of time as numbers of any type: `Int64(days) * .secondsPerDay`.
///
/// A day has 24 hours here, as in UTC without leap seconds.
extension Numeric {
    /// The milliseconds of a second: 1000.
    @inlinable public static var millisecondsPerSecond: Self { 1000 }

    /// The seconds of a minute: 60.
    @inlinable public static var secondsPerMinute: Self { 60 }

    /// The seconds of an hour: 3600.
    @inlinable public static var secondsPerHour: Self { 3600 }

    /// The seconds of a day: 86,400.
    ///
    /// The type must be able to hold it.
    @inlinable public static var secondsPerDay: Self { 86_400 }

    /// The milliseconds of a day: 86,400,000.
    ///
    /// The type must be able to hold it.
    @inlinable public static var millisecondsPerDay: Self { 86_400_000 }
}

extension BinaryInteger {
    /// The quotient rounded towards negative infinity: −1 divided by 7 is −1.
    ///
    /// - Parameter divisor: A number above 0.
    /// - Returns: The greatest integer that is not above the exact quotient.
    @inlinable public func flooredQuotient(by divisor: Self) -> Self {
        precondition(divisor > 0, "the divisor must be above 0")
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The remainder of ``flooredQuotient(by:)``: −1 divided by 7 leaves 6.
    ///
    /// - Parameter divisor: A number above 0.
    /// - Returns: A number from 0 to below the divisor.
    @inlinable public func flooredRemainder(by divisor: Self) -> Self {
        precondition(divisor > 0, "the divisor must be above 0")
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
