/// Quantiles of the standard normal distribution.
///
/// The interval from −q to q of a quantile q has the stated probability.
package enum NormalQuantile {
    /// The quantile at 0.95, for 90 % intervals.
    package static let p95 = 1.644_854
    /// The quantile at 0.975, for 95 % intervals.
    package static let p975 = 1.959_964
}
