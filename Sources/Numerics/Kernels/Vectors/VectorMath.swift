// Exponential, logistic function and hyperbolic tangent, sixteen at a time. Pure arithmetic: the
// same bits on every run, no table, no call into the C library.

private let log2e: Float = 1.442_695_04
private let ln2High: Float = 0.693_359_375
private let ln2Low: Float = -2.121_944_4e-4
/// Adding 1.5 · 2²³ rounds a small float to an integer and leaves it in the low mantissa bits.
private let roundingMagic: Float = 12_582_912

/// Raises `e` to the power of each lane; below -87.3 it is 0, above 88 it stays at e⁸⁸.
///
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2, a polynomial of degree 6 in r (coefficients of Cephes
/// `expf`), and n added to the exponent bits. Relative error at most 2e-7.
@inline(__always)
func expLanes(_ input: Lanes) -> Lanes {
    var x = input.replacing(with: Lanes(repeating: 88), where: input .> 88)
    let vanishes = x .< -87.3
    x = x.replacing(with: Lanes(repeating: -87.3), where: vanishes)
    let shifted = fused(Lanes(repeating: roundingMagic), x, Lanes(repeating: log2e))
    let n = shifted - roundingMagic
    var r = fused(x, n, Lanes(repeating: -ln2High))
    r = fused(r, n, Lanes(repeating: -ln2Low))
    var p = Lanes(repeating: 1.987_569_15e-4)
    p = fused(Lanes(repeating: 1.398_199_95e-3), p, r)
    p = fused(Lanes(repeating: 8.333_451_9e-3), p, r)
    p = fused(Lanes(repeating: 4.166_579_6e-2), p, r)
    p = fused(Lanes(repeating: 1.666_666_55e-1), p, r)
    p = fused(Lanes(repeating: 5.000_000_1e-1), p, r)
    let value = fused(r + 1, p, r * r)
    let bits = unsafeBitCast(shifted, to: SIMD16<Int32>.self)  // the integer n in the low bits
    let scale = unsafeBitCast((bits &+ 127) &<< 23, to: Lanes.self)  // 2ⁿ, built from its bits
    return (value * scale).replacing(with: Lanes(repeating: 0), where: vanishes)
}

/// The logistic function 1 / (1 + e⁻ˣ) of each lane, with an absolute error of at most 2e-7.
@inline(__always)
func sigmoidLanes(_ x: Lanes) -> Lanes {
    Lanes(repeating: 1) / (expLanes(-x) + 1)
}

/// The hyperbolic tangent of each lane, as the rational function of degree 13/6 that Eigen uses.
///
/// Relative error at most 5e-7; beyond ±7.9 the result is ±1 to the last bits.
@inline(__always)
func tanhLanes(_ input: Lanes) -> Lanes {
    let limit: Float = 7.905_311
    var x = input.replacing(with: Lanes(repeating: limit), where: input .> limit)
    x = x.replacing(with: Lanes(repeating: -limit), where: x .< -limit)
    let square = x * x
    var p = Lanes(repeating: -2.760_768_5e-16)
    p = fused(Lanes(repeating: 2.000_187_9e-13), p, square)
    p = fused(Lanes(repeating: -8.604_671_5e-11), p, square)
    p = fused(Lanes(repeating: 5.122_297_1e-8), p, square)
    p = fused(Lanes(repeating: 1.485_722_4e-5), p, square)
    p = fused(Lanes(repeating: 6.372_619_3e-4), p, square)
    p = fused(Lanes(repeating: 4.893_524_6e-3), p, square)
    var q = Lanes(repeating: 1.198_258_4e-6)
    q = fused(Lanes(repeating: 1.185_347_1e-4), q, square)
    q = fused(Lanes(repeating: 2.268_434_6e-3), q, square)
    q = fused(Lanes(repeating: 4.893_525_2e-3), q, square)
    return x * p / q
}

/// Functions over whole arrays, fast and the same on every run.
package enum VectorMath {
    /// Raises `e` to the power of each element; relative error ≤ 2e-7.
    ///
    /// Below -87.3 the result is 0, above 88 it is e⁸⁸.
    package static func exp(_ values: [Float]) -> [Float] {
        mapped(values) { expLanes($0) }
    }

    /// The logistic function of each element; absolute error ≤ 2e-7.
    package static func sigmoid(_ values: [Float]) -> [Float] {
        mapped(values) { sigmoidLanes($0) }
    }

    /// The hyperbolic tangent of each element; relative error ≤ 5e-7.
    package static func tanh(_ values: [Float]) -> [Float] {
        mapped(values) { tanhLanes($0) }
    }

    /// 1 / x of each element.
    static func reciprocals(_ values: [Float]) -> [Float] {
        mapped(values) { 1 / $0 }
    }

    @inline(__always)
    private static func mapped(_ values: [Float], _ function: (Lanes) -> Lanes) -> [Float] {
        var result = values
        let count = result.count
        _ = result.withFloats { pointer in
            var index = 0
            while index + 16 <= count {
                pointer.store(function(pointer.lanes(index)), index)
                index += 16
            }
            if index < count {
                let rest = count - index
                pointer.store(function(pointer.lanes(index, count: rest)), index, count: rest)
            }
        }
        return result
    }
}
