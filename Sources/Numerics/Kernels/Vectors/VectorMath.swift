// Exponential, logistic function and hyperbolic tangent of sixteen numbers at a time. They use
// arithmetic only, no table and no C library, so the result has the same bits on every run.

private let log2e: Float = 1.442_695_04
private let ln2High: Float = 0.693_359_375
private let ln2Low: Float = -2.121_944_4e-4
/// Adding 1.5 · 2²³ rounds a small float to an integer and leaves it in the low mantissa bits.
private let roundingMagic: Float = 12_582_912

/// Raises `e` to the power of each element; below -87.3 the result is 0, above 88 it is e⁸⁸.
///
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2, a polynomial of degree 6 in r (coefficients of Cephes
/// `expf`), and n added to the exponent bits. Relative error at most 2e-7.
@inline(__always)
func exp16(_ input: Vector16) -> Vector16 {
    var x = input.replacing(with: Vector16(repeating: 88), where: input .> 88)
    let vanishes = x .< -87.3
    x = x.replacing(with: Vector16(repeating: -87.3), where: vanishes)
    let shifted = fused(Vector16(repeating: roundingMagic), x, Vector16(repeating: log2e))
    let n = shifted - roundingMagic
    var r = fused(x, n, Vector16(repeating: -ln2High))
    r = fused(r, n, Vector16(repeating: -ln2Low))
    var p = Vector16(repeating: 1.987_569_15e-4)
    p = fused(Vector16(repeating: 1.398_199_95e-3), p, r)
    p = fused(Vector16(repeating: 8.333_451_9e-3), p, r)
    p = fused(Vector16(repeating: 4.166_579_6e-2), p, r)
    p = fused(Vector16(repeating: 1.666_666_55e-1), p, r)
    p = fused(Vector16(repeating: 5.000_000_1e-1), p, r)
    let value = fused(r + 1, p, r * r)
    let bits = unsafeBitCast(shifted, to: SIMD16<Int32>.self)  // the integer n in the low bits
    let scale = unsafeBitCast((bits &+ 127) &<< 23, to: Vector16.self)  // 2ⁿ, built from its bits
    return (value * scale).replacing(with: Vector16(repeating: 0), where: vanishes)
}

/// The logistic function 1 / (1 + e⁻ˣ) of each element, with an absolute error of at most 2e-7.
@inline(__always)
func sigmoid16(_ x: Vector16) -> Vector16 {
    Vector16(repeating: 1) / (exp16(-x) + 1)
}

/// The hyperbolic tangent of each element, by the rational function of degree 13/6 of Eigen.
///
/// Relative error at most 5e-7; beyond ±7.9 the result is ±1 up to the last bits.
@inline(__always)
func tanh16(_ input: Vector16) -> Vector16 {
    let limit: Float = 7.905_311
    var x = input.replacing(with: Vector16(repeating: limit), where: input .> limit)
    x = x.replacing(with: Vector16(repeating: -limit), where: x .< -limit)
    let square = x * x
    var p = Vector16(repeating: -2.760_768_5e-16)
    p = fused(Vector16(repeating: 2.000_187_9e-13), p, square)
    p = fused(Vector16(repeating: -8.604_671_5e-11), p, square)
    p = fused(Vector16(repeating: 5.122_297_1e-8), p, square)
    p = fused(Vector16(repeating: 1.485_722_4e-5), p, square)
    p = fused(Vector16(repeating: 6.372_619_3e-4), p, square)
    p = fused(Vector16(repeating: 4.893_524_6e-3), p, square)
    var q = Vector16(repeating: 1.198_258_4e-6)
    q = fused(Vector16(repeating: 1.185_347_1e-4), q, square)
    q = fused(Vector16(repeating: 2.268_434_6e-3), q, square)
    q = fused(Vector16(repeating: 4.893_525_2e-3), q, square)
    return x * p / q
}

/// Functions of whole arrays that give the same bits on every run.
package enum VectorMath {
    /// The logistic function of each element; absolute error ≤ 2e-7.
    package static func sigmoid(_ values: [Float]) -> [Float] {
        mapped(values) { sigmoid16($0) }
    }

    /// 1 / x of each element.
    static func reciprocals(_ values: [Float]) -> [Float] {
        mapped(values) { 1 / $0 }
    }

    @inline(__always)
    private static func mapped(_ values: [Float], _ function: (Vector16) -> Vector16) -> [Float] {
        var result = values
        let count = result.count
        _ = result.withFloats { pointer in
            var index = 0
            while index + 16 <= count {
                pointer.store(function(pointer.vector(index)), index)
                index += 16
            }
            if index < count {
                let rest = count - index
                pointer.store(function(pointer.vector(index, count: rest)), index, count: rest)
            }
        }
        return result
    }
}
