/// Something under the point estimate of the demand response, and the same under samples from its
/// posterior distribution.
struct Estimates<Value> {
    /// Under the point estimate.
    var point: Value
    /// Under ``Effects/posteriorSampleCount`` posterior samples.
    var samples: Value

    func map<Result>(_ transform: (Value) -> Result) -> Estimates<Result> {
        Estimates<Result>(point: transform(point), samples: transform(samples))
    }
}

extension Estimates: Sendable where Value: Sendable {}

/// The day factors of the baseline and of a scenario, with their uncertainty.
struct ParameterUncertainty {
    /// The relative changes of the rate of one purchase from the baseline to the scenario.
    struct Changes {
        /// Under the point estimate.
        var point: Double
        /// Under each posterior sample.
        var samples: [Double]
    }

    let baseline: Estimates<DayFactors?>
    let scenario: Estimates<DayFactors?>

    /// The relative changes of the rate of a purchase of the baseline.
    func changes(of event: SimulatedEvent) -> Changes {
        func change(_ baseline: DayFactors?, _ scenario: DayFactors?, sample: Int) -> Double {
            let before = baseline?.factor(of: event.item, at: event.time, sample: sample) ?? 1
            let after = scenario?.factor(of: event.item, at: event.time, sample: sample) ?? 1
            return before > 0 ? after / before - 1 : 0
        }
        return Changes(
            point: change(baseline.point, scenario.point, sample: 0),
            samples: (0..<Effects.posteriorSampleCount).map {
                change(baseline.samples, scenario.samples, sample: $0)
            })
    }
}
