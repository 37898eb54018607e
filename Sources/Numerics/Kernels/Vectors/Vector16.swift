// Vectors of sixteen floats, and how they are loaded, stored and fused. All kernels are written
// with them. Nothing here is visible outside this module.

/// Sixteen floats: one AVX-512 register, two AVX registers, four NEON registers.
typealias Vector16 = SIMD16<Float>

/// Kernels work on raw memory: each package function checks the bounds once, not per element.
typealias FloatPointer = UnsafeMutablePointer<Float>  // see above: checked by package functions

extension UnsafeMutablePointer where Pointee == Float {  // see FloatPointer
    /// Sixteen floats at `index`, at any alignment.
    @inline(__always)
    func vector(_ index: Int) -> Vector16 {
        // Raw because rows begin at any multiple of 4 bytes.
        UnsafeRawPointer(self + index).loadUnaligned(as: Vector16.self)
    }

    /// Stores sixteen floats at `index`, at any alignment.
    @inline(__always)
    func store(_ vector: Vector16, _ index: Int) {
        // Raw because rows begin at any multiple of 4 bytes.
        UnsafeMutableRawPointer(self + index).storeBytes(of: vector, as: Vector16.self)
    }

    /// Stores eight floats, at any alignment.
    @inline(__always)
    func storeEight(_ eight: SIMD8<Float>) {
        // Raw because rows begin at any multiple of 4 bytes.
        UnsafeMutableRawPointer(self).storeBytes(of: eight, as: SIMD8<Float>.self)
    }

    /// The first `count` < 16 floats at `index`; the other elements are `fill`.
    @inline(__always)
    func vector(_ index: Int, count: Int, fill: Float = 0) -> Vector16 {
        var result = Vector16(repeating: fill)
        for element in 0..<count { result[element] = self[index + element] }
        return result
    }

    /// Stores the first `count` < 16 elements at `index`.
    @inline(__always)
    func store(_ vector: Vector16, _ index: Int, count: Int) {
        for element in 0..<count { self[index + element] = vector[element] }
    }
}

/// `sum + a · b`, fused where the processor can.
///
/// Without FMA instructions `addingProduct` would be a library call per element, so the generic x86
/// build multiplies and adds. Its last bits differ from those of the other builds.
@inline(__always)
func fused(_ sum: Vector16, _ a: Vector16, _ b: Vector16) -> Vector16 {
    #if FORETWIN_CPU_NATIVE || FORETWIN_CPU_V4 || FORETWIN_CPU_V3 || arch(arm64)
        return sum.addingProduct(a, b)
    #else
        return sum + a * b
    #endif
}

/// The sum of the sixteen elements, by halving: always in the same order.
@inline(__always)
func sum(_ vector: Vector16) -> Float {
    let eight = vector.lowHalf + vector.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// The greatest of the sixteen elements.
@inline(__always)
func maximum(_ vector: Vector16) -> Float {
    let eight = greater(vector.lowHalf, vector.highHalf)
    let four = eight.lowHalf.replacing(
        with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    return max(max(four[0], four[1]), max(four[2], four[3]))
}

@inline(__always)
private func greater(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .> a)
}

/// Copies `count` floats.
///
/// For short rows this is faster than a call of the C library.
@inline(__always)
func copyFloats(_ source: FloatPointer, _ target: FloatPointer, _ count: Int) {
    var index = 0
    while index + 16 <= count {
        target.store(source.vector(index), index)
        index += 16
    }
    while index < count {
        target[index] = source[index]
        index += 1
    }
}

/// The elements of both in turn: a₀, b₀, a₁, b₁ and so on.
@inline(__always)
private func interleaved(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> Vector16 {
    var result = Vector16(repeating: 0)
    result.evenHalf = a
    result.oddHalf = b
    return result
}

/// Transposes a 16 × 16 block: four rounds of interleaving the upper with the lower half.
@inline(__always)
func transposeBlock(
    _ source: FloatPointer, _ sourceStride: Int, _ target: FloatPointer, _ targetStride: Int
) {
    var rows = InlineArray<16, Vector16>(repeating: Vector16(repeating: 0))
    for index in 0..<16 { rows[index] = source.vector(index * sourceStride) }
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
    /// Returns `nil` if there are no elements, or if they are not contiguous in memory.
    @inline(__always)
    func reading<Result>(_ body: (FloatPointer) -> Result) -> Result? {
        // The pointer never outlives `body`. Kernels use one pointer type for reading and writing.
        // An empty array may have an address too, with nothing to read.
        withContiguousStorageIfAvailable { buffer in
            guard !buffer.isEmpty, let base = buffer.baseAddress else { return nil }
            return body(FloatPointer(mutating: base))
        } ?? nil
    }
}
