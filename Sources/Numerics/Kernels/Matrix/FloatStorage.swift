#if os(Linux)
    import Glibc
#endif

/// Memory for floats that several threads may use at the same time.
///
/// A `FloatStorage` is a reference: copies share the memory. Package access is bounds-checked.
/// While one thread writes an element, no other thread may use that element; `parallelFor` with
/// work split by index is the intended way. The memory begins at a multiple of 64 bytes.
package final class FloatStorage: @unchecked Sendable {  // callers split elements, see above
    /// The number of floats.
    package let count: Int
    let base: FloatPointer

    /// The size of a huge page in bytes.
    private static let hugePage = 1 << 21

    /// Allocates `count` floats, all `value`.
    package convenience init(count: Int, repeating value: Float = 0) {
        self.init(unfilled: count)
        base.update(repeating: value, count: max(count, 16))
    }

    /// Allocates `count` floats without a value; each must be written before it is read.
    package init(unfilled count: Int) {
        precondition(count >= 0, "The count must not be negative.")
        self.count = count
        let size = max(count, 16) * 4
        let alignment = size >= Self.hugePage ? Self.hugePage : 64
        // Raw allocation is the only way to ask for cache-line alignment.
        let raw = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: alignment)
        #if os(Linux)
            // With huge pages, a pass through a large table spends less time on the page table.
            // This is advice: if the system declines, the result is the same.
            if size >= Self.hugePage { madvise(raw, size, Int32(MADV_HUGEPAGE)) }
        #endif
        base = raw.bindMemory(to: Float.self, capacity: max(count, 16))
    }

    /// Allocates a copy of `elements`.
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
            precondition(index >= 0 && index < count, "The index must be inside the storage.")
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count, "The index must be inside the storage.")
            base[index] = newValue
        }
    }

    /// Sets all floats to `value`.
    package func fill(_ value: Float) {
        base.update(repeating: value, count: count)
    }

    /// Sets a part of the floats to `value`.
    package func fill(_ value: Float, in range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count,
            "The range must be inside the storage.")
        (base + range.lowerBound).update(repeating: value, count: range.count)
    }

    /// Copies the content of another storage of the same size.
    package func copy(from other: FloatStorage) {
        precondition(other.count == count, "Both storages must have the same size.")
        base.update(from: other.base, count: count)
    }

    /// Replaces the elements from `offset` on.
    package func write(_ elements: [Float], at offset: Int) {
        precondition(
            offset >= 0 && offset + elements.count <= count, "The range must be inside the storage."
        )
        elements.reading { (base + offset).update(from: $0, count: elements.count) }
    }

    /// A copy of the elements.
    package var elements: [Float] {
        elements(in: 0..<count)
    }

    /// A copy of some elements.
    package func elements(in range: Range<Int>) -> [Float] {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count,
            "The range must be inside the storage.")
        // All elements are initialised here, so zeros need not be written first.
        return [Float](unsafeUninitializedCapacity: range.count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            start.initialize(from: base + range.lowerBound, count: range.count)
            initialized = range.count
        }
    }

    /// The elements from `offset` on as a row-major matrix of contiguous rows.
    package func view(offset: Int = 0, rows: Int, columns: Int) -> MatrixView {
        MatrixView(storage: self, offset: offset, rows: rows, columns: columns, stride: columns)
    }
}

/// A part of a `FloatStorage` as a matrix: rows × columns, row-major, with rows `stride` apart.
///
/// A view is a reference: writing to it changes the storage.
package struct MatrixView: Sendable {
    /// The memory behind the view.
    package let storage: FloatStorage
    /// The position of the first row in the storage, in floats.
    package let offset: Int
    /// The number of rows.
    package let rows: Int
    /// The number of columns.
    package let columns: Int
    /// The distance from one row to the next, in floats.
    package let stride: Int

    /// A view; all of its elements must be inside the storage.
    package init(storage: FloatStorage, offset: Int, rows: Int, columns: Int, stride: Int) {
        precondition(
            rows >= 0 && columns >= 0 && offset >= 0,
            "Sizes and the offset of a view must not be negative.")
        precondition(stride >= columns, "The stride must be at least the number of columns.")
        precondition(
            rows == 0 || offset + (rows - 1) * stride + columns <= storage.count,
            "A view must be inside its storage.")
        self.storage = storage
        self.offset = offset
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    var base: FloatPointer { storage.base + offset }

    func row(_ index: Int) -> FloatPointer {
        precondition(index >= 0 && index < rows, "The row must be inside the view.")
        return storage.base + (offset + index * stride)
    }

    /// The rows `range` of this view.
    package func rows(_ range: Range<Int>) -> MatrixView {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= rows, "The rows must be inside the view.")
        return MatrixView(
            storage: storage, offset: offset + range.lowerBound * stride, rows: range.count,
            columns: columns, stride: stride)
    }

    /// The element in a row and column.
    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition(column >= 0 && column < columns, "The column must be inside the view.")
            return self.row(row)[column]
        }
        nonmutating set {
            precondition(column >= 0 && column < columns, "The column must be inside the view.")
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

    /// Copies one row of another view with the same number of columns.
    package func copyRow(_ index: Int, from other: MatrixView, row otherIndex: Int) {
        precondition(columns == other.columns, "Both views need the same number of columns.")
        copyFloats(other.row(otherIndex), row(index), columns)
    }

    /// Sets one row to `value`.
    package func fillRow(_ index: Int, _ value: Float) {
        row(index).update(repeating: value, count: columns)
    }

    /// Adds `scale` times a row of another view to a row of this one.
    package func addToRow(_ index: Int, _ scale: Float, _ other: MatrixView, row otherIndex: Int) {
        precondition(columns == other.columns, "Both views need the same number of columns.")
        axpy(scale, other.row(otherIndex), row(index), columns)
    }

    /// The scalar product of a row of this view and a row of another.
    package func dotRows(_ index: Int, _ other: MatrixView, row otherIndex: Int) -> Float {
        precondition(columns == other.columns, "Both views need the same number of columns.")
        return dot(row(index), other.row(otherIndex), columns)
    }

    /// A copy as a `Matrix`.
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
