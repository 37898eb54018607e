// The innermost loops of the matrix product: tiles of 8, 4 or 1 rows × 32 columns in registers.

/// The rows of the largest tile of C.
let tileHeight = 8

/// The memory that a tile reads: rows of A, and a panel of B with 32 columns.
struct TileSource {
    let a: FloatPointer
    let rowStride: Int
    let innerStride: Int
    /// The distance from a group of eight rows of A to the next.
    let tileStride: Int
    let b: FloatPointer
    let bStride: Int
    let inner: Int

    @inline(__always)
    func row(_ index: Int) -> FloatPointer {
        a + index / tileHeight * tileStride + index % tileHeight * rowStride
    }
}

/// Stores rows of A · panel in rows of C (rows × 32), or adds them.
@inline(__always)
func tiles(
    _ source: TileSource, _ c: FloatPointer, _ stride: Int, rows: Range<Int>, _ accumulate: Bool
) {
    var row = rows.lowerBound
    var c = c
    while row + tileHeight <= rows.upperBound {
        tile8(source, firstRow: row, c, stride, accumulate)
        row += tileHeight
        c += tileHeight * stride
    }
    if row + 4 <= rows.upperBound {
        tile4(source, firstRow: row, c, stride, accumulate)
        row += 4
        c += 4 * stride
    }
    while row < rows.upperBound {
        tile1(source, firstRow: row, c, accumulate)
        row += 1
        c += stride
    }
}

/// One row of a tile of C: 32 floats in two registers.
private struct TileRow {
    var low = Vector16(repeating: 0)
    var high = Vector16(repeating: 0)

    @inline(__always)
    init() {}

    @inline(__always)
    init(_ c: FloatPointer) {
        low = c.vector(0)
        high = c.vector(16)
    }

    @inline(__always)
    mutating func add(_ a: Float, _ bLow: Vector16, _ bHigh: Vector16) {
        let factor = Vector16(repeating: a)
        low = fused(low, factor, bLow)
        high = fused(high, factor, bHigh)
    }

    @inline(__always)
    func store(_ c: FloatPointer) {
        c.store(low, 0)
        c.store(high, 16)
    }
}

@inline(never)
private func tile8(
    _ source: TileSource, firstRow: Int, _ c: FloatPointer, _ stride: Int, _ accumulate: Bool
) {
    var row0 = TileRow()
    var row1 = TileRow()
    var row2 = TileRow()
    var row3 = TileRow()
    var row4 = TileRow()
    var row5 = TileRow()
    var row6 = TileRow()
    var row7 = TileRow()
    if accumulate {
        row0 = TileRow(c)
        row1 = TileRow(c + stride)
        row2 = TileRow(c + 2 * stride)
        row3 = TileRow(c + 3 * stride)
        row4 = TileRow(c + 4 * stride)
        row5 = TileRow(c + 5 * stride)
        row6 = TileRow(c + 6 * stride)
        row7 = TileRow(c + 7 * stride)
    }
    let step = source.rowStride
    var a = source.row(firstRow)
    var b = source.b
    for _ in 0..<source.inner {
        let low = b.vector(0)
        let high = b.vector(16)
        row0.add(a[0], low, high)
        row1.add(a[step], low, high)
        row2.add(a[2 &* step], low, high)
        row3.add(a[3 &* step], low, high)
        row4.add(a[4 &* step], low, high)
        row5.add(a[5 &* step], low, high)
        row6.add(a[6 &* step], low, high)
        row7.add(a[7 &* step], low, high)
        a += source.innerStride
        b += source.bStride
    }
    row0.store(c)
    row1.store(c + stride)
    row2.store(c + 2 * stride)
    row3.store(c + 3 * stride)
    row4.store(c + 4 * stride)
    row5.store(c + 5 * stride)
    row6.store(c + 6 * stride)
    row7.store(c + 7 * stride)
}

@inline(never)
private func tile4(
    _ source: TileSource, firstRow: Int, _ c: FloatPointer, _ stride: Int, _ accumulate: Bool
) {
    var row0 = TileRow()
    var row1 = TileRow()
    var row2 = TileRow()
    var row3 = TileRow()
    if accumulate {
        row0 = TileRow(c)
        row1 = TileRow(c + stride)
        row2 = TileRow(c + 2 * stride)
        row3 = TileRow(c + 3 * stride)
    }
    let step = source.rowStride
    var a = source.row(firstRow)
    var b = source.b
    for _ in 0..<source.inner {
        let low = b.vector(0)
        let high = b.vector(16)
        row0.add(a[0], low, high)
        row1.add(a[step], low, high)
        row2.add(a[2 &* step], low, high)
        row3.add(a[3 &* step], low, high)
        a += source.innerStride
        b += source.bStride
    }
    row0.store(c)
    row1.store(c + stride)
    row2.store(c + 2 * stride)
    row3.store(c + 3 * stride)
}

@inline(never)
private func tile1(
    _ source: TileSource, firstRow: Int, _ c: FloatPointer, _ accumulate: Bool
) {
    var row = accumulate ? TileRow(c) : TileRow()
    var a = source.row(firstRow)
    var b = source.b
    for _ in 0..<source.inner {
        row.add(a[0], b.vector(0), b.vector(16))
        a += source.innerStride
        b += source.bStride
    }
    row.store(c)
}
