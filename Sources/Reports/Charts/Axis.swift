/// Round numbers to mark an axis with.
struct Axis {
    /// The marks, from 0 up; the last one is not below the greatest value.
    let ticks: [Double]

    /// Finds at most about `count` steps of 1, 2 or 5 times a power of ten.
    init(maximum: Double, count: Int = 4) {
        let top = maximum.isFinite && maximum > 0 ? min(maximum, 1e9) : 1
        var step = 1e-6
        let factors = [2.0, 2.5, 2.0]
        var turn = 0
        while top / step > Double(max(1, count)) {
            step *= factors[turn % 3]
            turn += 1
        }
        let steps = Int((top / step - 1e-9).rounded(.up))
        ticks = (0...max(1, steps)).map { Double($0) * step }
    }

    /// The end of the axis.
    var end: Double { ticks.last ?? 1 }

    /// A mark in words, with as many places as tell the marks apart.
    func label(_ tick: Double) -> String {
        let step = ticks.count > 1 ? ticks[1] : 1
        return Words.decimal(tick, places: step >= 1 ? 0 : step >= 0.1 ? 1 : 2)
    }
}

extension Array where Element == Double {
    /// The value below which a share of the sorted elements lies, between neighbours in proportion.
    func quantile(_ share: Double) -> Double {
        guard let last else { return 0 }
        let place = share * Double(count - 1)
        let low = Int(place)
        guard low + 1 < count else { return last }
        return self[low] + (place - Double(low)) * (self[low + 1] - self[low])
    }
}
