// The small vocabulary that every kernel is written in: sixteen floats at a time, and how they are
// loaded, stored and fused. Nothing here is public.

/// Sixteen floats: one AVX-512 register, two AVX registers, four NEON registers.
typealias Lanes = SIMD16<Float>

/// Kernels work on raw memory: bounds are checked once at their public entry, not per element.
typealias FloatPointer = UnsafeMutablePointer<Float>  // see above: checked at the public entry

/// The same for item numbers.
typealias IndexPointer = UnsafePointer<Int32>  // see FloatPointer

extension UnsafeMutablePointer where Pointee == Float {  // see FloatPointer
    /// Sixteen floats at `index`, at any alignment.
    @inline(__always)
    func lanes(_ index: Int) -> Lanes {
        // Raw because rows begin at any multiple of 4 bytes.
        UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
    }

    /// Stores sixteen floats at `index`, at any alignment.
    @inline(__always)
    func store(_ lanes: Lanes, _ index: Int) {
        // Raw because rows begin at any multiple of 4 bytes.
        UnsafeMutableRawPointer(self + index).storeBytes(of: lanes, as: Lanes.self)
    }

    /// Stores eight floats, at any alignment.
    @inline(__always)
    func storeEight(_ eight: SIMD8<Float>) {
        // Raw because rows begin at any multiple of 4 bytes.
        UnsafeMutableRawPointer(self).storeBytes(of: eight, as: SIMD8<Float>.self)
    }

    /// The first `count` < 16 floats at `index`; the other lanes are `fill`.
    @inline(__always)
    func lanes(_ index: Int, count: Int, fill: Float = 0) -> Lanes {
        var result = Lanes(repeating: fill)
        for lane in 0..<count { result[lane] = self[index + lane] }
        return result
    }

    /// Stores the first `count` < 16 lanes at `index`.
    @inline(__always)
    func store(_ lanes: Lanes, _ index: Int, count: Int) {
        for lane in 0..<count { self[index + lane] = lanes[lane] }
    }
}

/// `sum + a · b`, fused where the processor can.
///
/// Without FMA instructions `addingProduct` would be a library call per lane, so the generic x86
/// build multiplies and adds; its last bits differ from the other builds.
@inline(__always)
func fused(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    #if FORETWIN_CPU_NATIVE || FORETWIN_CPU_V4 || FORETWIN_CPU_V3 || arch(arm64)
        return sum.addingProduct(a, b)
    #else
        return sum + a * b
    #endif
}

/// The sum of sixteen lanes, by halving: always in the same order.
@inline(__always)
func sum(_ lanes: Lanes) -> Float {
    let eight = lanes.lowHalf + lanes.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// The greatest of sixteen lanes.
@inline(__always)
func maximum(_ lanes: Lanes) -> Float {
    let eight = greater(lanes.lowHalf, lanes.highHalf)
    let four = eight.lowHalf.replacing(
        with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    return max(max(four[0], four[1]), max(four[2], four[3]))
}

@inline(__always)
private func greater(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .> a)
}

/// Copies `count` floats; for short rows quicker than a call of the C library.
@inline(__always)
func copyFloats(_ source: FloatPointer, _ target: FloatPointer, _ count: Int) {
    var index = 0
    while index + 16 <= count {
        target.store(source.lanes(index), index)
        index += 16
    }
    while index < count {
        target[index] = source[index]
        index += 1
    }
}

/// The elements of both in turn: a₀ b₀ a₁ b₁ and so on.
@inline(__always)
private func interleaved(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> Lanes {
    var result = Lanes(repeating: 0)
    result.evenHalf = a
    result.oddHalf = b
    return result
}

/// Transposes a 16 × 16 block: four rounds of interleaving the upper with the lower half.
@inline(__always)
func transposeBlock(
    _ source: FloatPointer, _ sourceStride: Int, _ target: FloatPointer, _ targetStride: Int
) {
    var rows = InlineArray<16, Lanes>(repeating: Lanes(repeating: 0))
    for index in 0..<16 { rows[index] = source.lanes(index * sourceStride) }
    for _ in 0..<4 {
        var next = rows
        for index in 0..<8 {
            let (a, b) = (rows[index], rows[index + 8])
            next[2 * index] = interleaved(a.lowHalf, b.lowHalf)
            next[2 * index + 1] = interleaved(a.highHalf, b.highHalf)
        }
        rows = next
    }
    for index in 0..<16 { target.store(rows[index], index * targetStride) }
}

extension Array where Element == Float {
    /// Runs `body` on the elements in place.
    @inline(__always)
    mutating func withFloats<Result>(_ body: (FloatPointer) -> Result) -> Result? {
        // The pointer never outlives `body`, and every caller has checked its ranges.
        withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return body(base)
        }
    }

}

extension RandomAccessCollection where Element == Float {
    /// Runs `body` on the elements for reading; `body` must not write.
    ///
    /// `nil` for no elements, or if they are not side by side.
    @inline(__always)
    func reading<Result>(_ body: (FloatPointer) -> Result) -> Result? {
        // The pointer never outlives `body`; kernels share one pointer type for both directions.
        // Even an empty array has an address, at which there is nothing to read.
        withContiguousStorageIfAvailable { buffer in
            guard !buffer.isEmpty, let base = buffer.baseAddress else { return nil }
            return body(FloatPointer(mutating: base))
        } ?? nil
    }
}
