// Matrix products. One loop for A·B, A·Bᵀ and Aᵀ·B.
//
// B is cut into panels of 32 columns. For each panel, tiles of 8 × 32 elements of C stay in
// registers during the sum over k. Each element of C is one chain of multiply-adds over k in
// ascending order, independent of its tile. So a product cut into parts by rows or columns gives
// the same bits as the whole product.

/// The columns of one panel of B, and of one tile of C.
let panelWidth = 32
/// The greatest part of k that is done at once: its panel (32 KiB) fits the first-level cache.
private let innerBlock = 256

/// The length of blocks when `count` is cut into equal blocks of at most `innerBlock`.
private func innerLength(_ count: Int) -> Int {
    let blocks = max(1, (count + innerBlock - 1) / innerBlock)
    return max(1, (count + blocks - 1) / blocks)
}

/// A left or right operand of a product in memory: row-major, optionally to be read transposed.
struct Operand {
    let base: FloatPointer
    let stride: Int
    let transposed: Bool

    init(_ base: FloatPointer, _ stride: Int, transposed: Bool) {
        self.base = base
        self.stride = stride
        self.transposed = transposed
    }
}

/// The memory layout of the left side of a product.
private struct LeftSide {
    let base: FloatPointer
    let rowStride: Int
    let innerStride: Int
    let tileStride: Int

    init(_ a: Operand) {
        base = a.base
        rowStride = a.transposed ? 1 : a.stride
        innerStride = a.transposed ? a.stride : 1
        tileStride = tileHeight * rowStride
    }

    private init(tiles: FloatPointer, tileStride: Int) {
        base = tiles
        rowStride = 1
        innerStride = tileHeight
        self.tileStride = tileStride
    }

    /// Runs `body` with the left side in the layout that is fastest to read.
    ///
    /// Reading a transposed side in place touches a cache line for every eight floats. If several
    /// panels read it, it is copied so that the eight rows of a tile are contiguous.
    static func with(_ a: Operand, _ shape: ProductShape, _ body: (LeftSide) -> Void) {
        guard a.transposed, shape.rows >= tileHeight, shape.columns >= 2 * panelWidth else {
            body(LeftSide(a))
            return
        }
        let tiles = (shape.rows + tileHeight - 1) / tileHeight
        // It is not a multiple of 4 KiB: see `tileStride` of the candidate softmax.
        let tileStride = tileHeight * shape.inner + 16
        let copy = FloatPointer.allocate(capacity: tiles * tileStride)
        defer { copy.deallocate() }
        var row = 0
        while row < shape.rows {
            let target = copy + row / tileHeight * tileStride
            if row + 2 * tileHeight <= shape.rows {
                for k in 0..<shape.inner {
                    let floats = (a.base + k &* a.stride).vector(row)
                    (target + k &* tileHeight).storeEight(floats.lowHalf)
                    (target + (tileStride &+ k &* tileHeight)).storeEight(floats.highHalf)
                }
                row += 2 * tileHeight
            } else {
                let height = min(tileHeight, shape.rows - row)
                for k in 0..<shape.inner {
                    let source = a.base + k * a.stride + row
                    for index in 0..<height { target[k * tileHeight + index] = source[index] }
                }
                row += height
            }
        }
        body(LeftSide(tiles: copy, tileStride: tileStride))
    }
}

/// The shape of a product: C is rows × columns, the sum runs over `inner`.
struct ProductShape {
    let rows: Int
    let columns: Int
    let inner: Int
}

/// A matrix cut into panels of 32 columns for use as the right side of many products.
///
/// Any number of threads may read it while no thread calls `pack`.
package final class PackedMatrix: @unchecked Sendable {  // written only by `pack`, see there
    /// The rows of the matrix: the inner dimension of products with it.
    package let rows: Int
    /// The columns of the matrix.
    package let columns: Int
    let panels: FloatStorage

    /// Allocates a matrix of rows × columns, all zero.
    package init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns >= 0, "The size of a matrix must not be negative.")
        self.rows = rows
        self.columns = columns
        let count = (columns + panelWidth - 1) / panelWidth
        panels = FloatStorage(count: count * panelWidth * rows)
    }

    /// Packs a copy of `view`, or of its transpose.
    package convenience init(_ view: MatrixView, transposed: Bool = false) {
        self.init(
            rows: transposed ? view.columns : view.rows,
            columns: transposed ? view.rows : view.columns)
        pack(view, transposed: transposed)
    }

    /// Replaces the content.
    ///
    /// No other thread may use the matrix at the same time.
    package func pack(_ view: MatrixView, transposed: Bool = false) {
        precondition(
            rows == (transposed ? view.columns : view.rows)
                && columns == (transposed ? view.rows : view.columns),
            "The view needs the shape of the packed matrix.")
        let operand = Operand(view.base, view.stride, transposed: transposed)
        var column = 0
        while column < columns {
            packPanel(
                operand, firstColumn: column, columns: min(panelWidth, columns - column),
                inner: 0..<rows, into: panels.base + column * rows)
            column += panelWidth
        }
    }
}

/// C = A · B, or C += A · B: (m × k) · (k × n) → m × n, where A may be read transposed.
///
/// - Complexity: O(m · n · k).
package func multiply(
    _ a: MatrixView, transposeA: Bool = false, _ b: PackedMatrix, into c: MatrixView,
    accumulate: Bool = false
) {
    precondition(
        (transposeA ? a.rows : a.columns) == b.rows,
        "The inner dimensions of a product must be equal.")
    precondition(
        c.rows == (transposeA ? a.columns : a.rows) && c.columns == b.columns,
        "The result needs the shape of the product.")
    multiplyPacked(
        Operand(a.base, a.stride, transposed: transposeA), b, columns: 0..<b.columns,
        inner: 0..<b.rows, into: c, accumulate: accumulate)
}

/// C = A · (the columns `columns` of B), written to the first columns of C.
///
/// The lower bound of `columns` is a multiple of 32.
func multiply(_ a: MatrixView, _ b: PackedMatrix, columns: Range<Int>, into c: MatrixView) {
    precondition(a.columns == b.rows && c.rows == a.rows, "The shapes must fit.")
    precondition(
        c.columns >= columns.count && columns.upperBound <= b.columns,
        "The columns must be inside B, and fit into C.")
    precondition(
        columns.lowerBound >= 0 && columns.lowerBound % panelWidth == 0,
        "The first column must begin a panel.")
    multiplyPacked(
        Operand(a.base, a.stride, transposed: false), b, columns: columns, inner: 0..<b.rows,
        into: c, accumulate: false)
}

/// C = A · (the rows `inner` of B), or C += that product.
func multiply(
    _ a: MatrixView, _ b: PackedMatrix, inner: Range<Int>, into c: MatrixView, accumulate: Bool
) {
    precondition(
        a.columns == inner.count && c.rows == a.rows && c.columns == b.columns,
        "The shapes must fit.")
    precondition(
        inner.lowerBound >= 0 && inner.upperBound <= b.rows, "The rows must be inside B.")
    multiplyPacked(
        Operand(a.base, a.stride, transposed: false), b, columns: 0..<b.columns, inner: inner,
        into: c, accumulate: accumulate)
}

/// The product with a part of a packed matrix.
///
/// Callers check the ranges.
private func multiplyPacked(
    _ a: Operand, _ b: PackedMatrix, columns: Range<Int>, inner: Range<Int>, into c: MatrixView,
    accumulate: Bool
) {
    if inner.isEmpty && !accumulate { c.fill(0) }
    let shape = ProductShape(rows: c.rows, columns: columns.count, inner: inner.count)
    LeftSide.with(a, shape) { left in
        var column = columns.lowerBound
        while column < columns.upperBound {
            let panel = b.panels.base + column * b.rows + inner.lowerBound * panelWidth
            var start = 0
            while start < inner.count {
                let length = min(innerLength(inner.count), inner.count - start)
                multiplyPanel(
                    left, firstInner: start, panel + start * panelWidth,
                    panelStride: panelWidth, into: c.base + (column - columns.lowerBound),
                    stride: c.stride,
                    ProductShape(
                        rows: c.rows, columns: min(panelWidth, columns.upperBound - column),
                        inner: length),
                    accumulate: accumulate || start > 0)
                start += length
            }
            column += panelWidth
        }
    }
}

/// C = op(A) · op(B), or C += op(A) · op(B), where op may transpose its operand.
///
/// - Complexity: O(m · n · k).
package func multiply(
    _ a: MatrixView, transposeA: Bool = false, _ b: MatrixView, transposeB: Bool = false,
    into c: MatrixView, accumulate: Bool = false
) {
    let rows = transposeA ? a.columns : a.rows
    let inner = transposeA ? a.rows : a.columns
    let columns = transposeB ? b.rows : b.columns
    precondition(
        inner == (transposeB ? b.columns : b.rows),
        "The inner dimensions of a product must be equal.")
    precondition(
        c.rows == rows && c.columns == columns, "The result needs the shape of the product.")
    matrixProduct(
        Operand(a.base, a.stride, transposed: transposeA),
        Operand(b.base, b.stride, transposed: transposeB),
        into: c.base, stride: c.stride,
        ProductShape(rows: rows, columns: columns, inner: inner), accumulate: accumulate)
}

/// The product on raw memory.
///
/// Callers check the ranges.
func matrixProduct(
    _ a: Operand, _ b: Operand, into c: FloatPointer, stride: Int, _ shape: ProductShape,
    accumulate: Bool
) {
    if shape.inner == 0 && !accumulate {
        for row in 0..<shape.rows {
            (c + row * stride).update(repeating: 0, count: shape.columns)
        }
    }
    let panel = FloatPointer.allocate(capacity: innerBlock * panelWidth)
    defer { panel.deallocate() }
    LeftSide.with(a, shape) { left in
        var column = 0
        while column < shape.columns {
            let width = min(panelWidth, shape.columns - column)
            // With few rows, or with rows of B of 32 columns, copying B costs more than it saves.
            let direct =
                width == panelWidth && !b.transposed && (shape.rows <= 16 || b.stride == 32)
            var start = 0
            while start < shape.inner {
                let length = min(innerLength(shape.inner), shape.inner - start)
                if !direct {
                    packPanel(
                        b, firstColumn: column, columns: width, inner: start..<start + length,
                        into: panel)
                }
                multiplyPanel(
                    left, firstInner: start,
                    direct ? b.base + start * b.stride + column : panel,
                    panelStride: direct ? b.stride : panelWidth, into: c + column,
                    stride: stride,
                    ProductShape(rows: shape.rows, columns: width, inner: length),
                    accumulate: accumulate || start > 0)
                start += length
            }
            column += panelWidth
        }
    }
}

/// Copies up to 32 columns of B, the rows `inner`, to a panel: inner × 32, missing columns zero.
private func packPanel(
    _ b: Operand, firstColumn: Int, columns: Int, inner: Range<Int>, into panel: FloatPointer
) {
    if b.transposed {
        if columns < panelWidth {
            panel.update(repeating: 0, count: inner.count * panelWidth)
        }
        packTransposed(b, firstColumn: firstColumn, columns: columns, inner: inner, into: panel)
        return
    }
    var target = panel
    for k in inner {
        let source = b.base + k * b.stride + firstColumn
        if columns == panelWidth {
            target.store(source.vector(0), 0)
            target.store(source.vector(16), 16)
        } else {
            for column in 0..<panelWidth { target[column] = column < columns ? source[column] : 0 }
        }
        target += panelWidth
    }
}

/// `packPanel` for a transposed B: in blocks of 16 × 16, and the rest one by one.
private func packTransposed(
    _ b: Operand, firstColumn: Int, columns: Int, inner: Range<Int>, into panel: FloatPointer
) {
    var column = 0
    while column < columns {
        let width = min(16, columns - column)
        let source = b.base + (firstColumn + column) * b.stride + inner.lowerBound
        var k = 0
        if width == 16 {
            while k + 16 <= inner.count {
                transposeBlock(
                    source + k, b.stride, panel + k * panelWidth + column, panelWidth)
                k += 16
            }
        }
        while k < inner.count {
            for offset in 0..<width {
                panel[k * panelWidth + column + offset] = source[offset * b.stride + k]
            }
            k += 1
        }
        column += width
    }
}

/// All rows of C for one panel of B.
private func multiplyPanel(
    _ a: LeftSide, firstInner: Int, _ panel: FloatPointer, panelStride: Int,
    into c: FloatPointer, stride: Int, _ shape: ProductShape, accumulate: Bool
) {
    let source = TileSource(
        a: a.base + firstInner * a.innerStride, rowStride: a.rowStride,
        innerStride: a.innerStride, tileStride: a.tileStride, b: panel, bStride: panelStride,
        inner: shape.inner)
    if shape.columns == panelWidth {
        tiles(source, c, stride, rows: 0..<shape.rows, accumulate)
        return
    }
    // The last panel is narrow: compute full tiles in a buffer of eight rows, and copy its columns.
    withScratch(tileHeight * panelWidth) { scratch in
        var row = 0
        while row < shape.rows {
            let height = min(tileHeight, shape.rows - row)
            if accumulate {
                for i in 0..<height {
                    (scratch + i * panelWidth).update(
                        from: c + (row + i) * stride, count: shape.columns)
                }
            }
            tiles(source, scratch, panelWidth, rows: row..<row + height, accumulate)
            for i in 0..<height {
                (c + (row + i) * stride).update(
                    from: scratch + i * panelWidth, count: shape.columns)
            }
            row += height
        }
    }
}

/// Runs `body` with `count` temporary floats, all 0.
private func withScratch(_ count: Int, _ body: (FloatPointer) -> Void) {
    let scratch = FloatPointer.allocate(capacity: count)
    defer { scratch.deallocate() }
    scratch.initialize(repeating: 0, count: count)
    body(scratch)
}
