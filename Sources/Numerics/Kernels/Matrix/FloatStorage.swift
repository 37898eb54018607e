#if os(Linux)
    import Glibc
#endif

/// Memory for floats that several threads may use at once.
///
/// A `FloatStorage` is a reference: copies share the memory. Reading and writing are bounds-checked.
/// Two threads may write at the same time only to different elements; `parallelFor` with work split
/// by index is the intended way. The memory begins at a multiple of 64 bytes.
package final class FloatStorage: @unchecked Sendable {  // callers keep apart, see above
    /// The number of floats.
    package let count: Int
    let base: FloatPointer

    /// The size of a huge page in bytes.
    private static let hugePage = 1 << 21

    /// Memory for `count` floats, all `value`.
    package convenience init(count: Int, repeating value: Float = 0) {
        self.init(unfilled: count)
        base.update(repeating: value, count: max(count, 16))
    }

    /// Memory for `count` floats of any value, each to be written before it is read.
    package init(unfilled count: Int) {
        precondition(count >= 0, "A storage cannot have a negative number of floats.")
        self.count = count
        let size = max(count, 16) * 4
        let alignment = size >= Self.hugePage ? Self.hugePage : 64
        // Raw allocation is the only way to ask for cache-line alignment.
        let raw = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: alignment)
        #if os(Linux)
            // Streaming through a large table would otherwise wait for the page table as much as
            // for the memory. Only advice: if the system declines, nothing is different.
            if size >= Self.hugePage { madvise(raw, size, Int32(MADV_HUGEPAGE)) }
        #endif
        base = raw.bindMemory(to: Float.self, capacity: max(count, 16))
    }

    /// Memory with a copy of `elements`.
    package convenience init(_ elements: [Float]) {
        self.init(count: elements.count)
        elements.reading { base.update(from: $0, count: count) }
    }

    deinit {
        base.deallocate()
    }

    /// The float at `index`.
    package subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "The index is outside the storage.")
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count, "The index is outside the storage.")
            base[index] = newValue
        }
    }

    /// Sets all floats to `value`.
    package func fill(_ value: Float) {
        base.update(repeating: value, count: count)
    }

    /// Sets a part of the floats to `value`.
    package func fill(_ value: Float, in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "Outside the storage.")
        (base + range.lowerBound).update(repeating: value, count: range.count)
    }

    /// Replaces the content by that of another storage of the same size.
    package func copy(from other: FloatStorage) {
        precondition(other.count == count, "Both storages must have the same size.")
        base.update(from: other.base, count: count)
    }

    /// Replaces the elements from `offset` on.
    package func write(_ elements: [Float], at offset: Int) {
        precondition(offset >= 0 && offset + elements.count <= count, "Outside the storage.")
        elements.reading { (base + offset).update(from: $0, count: elements.count) }
    }

    /// A copy of the elements.
    package var elements: [Float] {
        elements(in: 0..<count)
    }

    /// A copy of some elements.
    package func elements(in range: Range<Int>) -> [Float] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "Outside the storage.")
        // Filled completely before use; spares writing the zeros first.
        return [Float](unsafeUninitializedCapacity: range.count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            start.initialize(from: base + range.lowerBound, count: range.count)
            initialized = range.count
        }
    }

    /// The part of the storage beginning at `offset`, seen as a row-major matrix.
    package func view(offset: Int = 0, rows: Int, columns: Int) -> MatrixView {
        MatrixView(storage: self, offset: offset, rows: rows, columns: columns, stride: columns)
    }
}

/// A window on a `FloatStorage`, seen as a matrix: rows × columns, row-major, rows `stride` apart.
///
/// A view is a reference too: writing through it changes the storage.
package struct MatrixView: Sendable {
    /// The memory behind the view.
    package let storage: FloatStorage
    /// Where the first row begins, in floats.
    package let offset: Int
    /// The number of rows.
    package let rows: Int
    /// The number of columns.
    package let columns: Int
    /// The distance between the beginnings of two rows, in floats.
    package let stride: Int

    /// A view whose every element lies inside the storage.
    package init(storage: FloatStorage, offset: Int, rows: Int, columns: Int, stride: Int) {
        precondition(rows >= 0 && columns >= 0 && offset >= 0, "A view cannot be negative.")
        precondition(stride >= columns, "The rows of a view must not overlap.")
        precondition(
            rows == 0 || offset + (rows - 1) * stride + columns <= storage.count,
            "A view must lie inside its storage.")
        self.storage = storage
        self.offset = offset
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    var base: FloatPointer { storage.base + offset }

    func row(_ index: Int) -> FloatPointer {
        precondition(index >= 0 && index < rows, "The row is outside the view.")
        return storage.base + (offset + index * stride)
    }

    /// The rows `range` of this view.
    package func rows(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "Outside the view.")
        return MatrixView(
            storage: storage, offset: offset + range.lowerBound * stride, rows: range.count,
            columns: columns, stride: stride)
    }

    /// The element in a row and column.
    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition(column >= 0 && column < columns, "The column is outside the view.")
            return self.row(row)[column]
        }
        nonmutating set {
            precondition(column >= 0 && column < columns, "The column is outside the view.")
            self.row(row)[column] = newValue
        }
    }

    /// Sets all elements to `value`.
    package func fill(_ value: Float) {
        for index in 0..<rows { row(index).update(repeating: value, count: columns) }
    }

    /// Copies another view of the same shape.
    package func copy(from other: MatrixView) {
        precondition(rows == other.rows && columns == other.columns, "The shapes must be equal.")
        for index in 0..<rows { row(index).update(from: other.row(index), count: columns) }
    }

    /// Copies one row of another view with as many columns.
    package func copyRow(_ index: Int, from other: MatrixView, row otherIndex: Int) {
        precondition(columns == other.columns, "The rows must be equally long.")
        copyFloats(other.row(otherIndex), row(index), columns)
    }

    /// Sets one row to `value`.
    package func fillRow(_ index: Int, _ value: Float) {
        row(index).update(repeating: value, count: columns)
    }

    /// Adds `scale` times a row of another view to a row of this one.
    package func addToRow(_ index: Int, _ scale: Float, _ other: MatrixView, row otherIndex: Int) {
        precondition(columns == other.columns, "The rows must be equally long.")
        axpy(scale, other.row(otherIndex), row(index), columns)
    }

    /// The scalar product of a row of this view and a row of another.
    package func dotRows(_ index: Int, _ other: MatrixView, row otherIndex: Int) -> Float {
        precondition(columns == other.columns, "The rows must be equally long.")
        return dot(row(index), other.row(otherIndex), columns)
    }

    /// A copy as a value.
    package var matrix: Matrix {
        if stride == columns {
            return Matrix(
                rows: rows, columns: columns,
                elements: storage.elements(in: offset..<offset + rows * columns))
        }
        var elements: [Float] = []
        elements.reserveCapacity(rows * columns)
        for index in 0..<rows {
            let start = offset + index * stride
            elements += storage.elements(in: start..<start + columns)
        }
        return Matrix(rows: rows, columns: columns, elements: elements)
    }
}
