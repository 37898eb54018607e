/// Round numbers to mark an axis with.
struct Axis {
    /// The marks, upwards; all values lie between the first and the last.
    let ticks: [Double]

    /// Finds marks, about `count` steps of 1, 2 or 5 times a power of ten apart.
    init(minimum: Double = 0, maximum: Double, count: Int = 4) {
        let low = minimum.isFinite ? max(-1e9, min(1e9, minimum)) : 0
        let top = maximum.isFinite && maximum > low ? min(maximum, low + 1e9) : low + 1
        var step = 1e-6
        let factors = [2.0, 2.5, 2.0]
        var turn = 0
        while (top - low) / step > Double(max(1, count)) {
            step *= factors[turn % 3]
            turn += 1
        }
        let first = (low / step + 1e-9).rounded(.down)
        let last = max(first + 1, (top / step - 1e-9).rounded(.up))
        ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    }

    /// The start of the axis.
    var start: Double { ticks.first ?? 0 }

    /// The end of the axis.
    var end: Double { ticks.last ?? 1 }

    /// A mark in words, with as many places as the marks need to differ.
    func label(_ tick: Double) -> String {
        let step = (ticks.count > 1 ? ticks[1] - ticks[0] : 1) + 1e-9
        return TextFormat.decimal(tick, places: step >= 1 ? 0 : step >= 0.1 ? 1 : 2)
    }
}

extension Array where Element == Double {
    /// A quantile of sorted elements, with linear interpolation.
    func quantile(_ fraction: Double) -> Double {
        guard let last else { return 0 }
        let position = fraction * Double(count - 1)
        let low = Int(position)
        guard low + 1 < count else { return last }
        return self[low] + (position - Double(low)) * (self[low + 1] - self[low])
    }
}
