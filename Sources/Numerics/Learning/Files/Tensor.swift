/// An array of numbers with a shape.
package struct Tensor: Sendable, Equatable {
    /// The elements, in one of the types of safetensors files that are supported.
    package enum Storage: Sendable, Equatable {
        /// 32-bit floats.
        case f32([Float])
        /// 64-bit floats.
        case f64([Double])
        /// 32-bit signed integers.
        case i32([Int32])
        /// 64-bit signed integers.
        case i64([Int64])
        /// Bytes.
        case u8([UInt8])

        /// The number of elements.
        package var count: Int {
            switch self {
            case .f32(let values): values.count
            case .f64(let values): values.count
            case .i32(let values): values.count
            case .i64(let values): values.count
            case .u8(let values): values.count
            }
        }
    }

    /// The length along each dimension; empty for a single number.
    package let shape: [Int]
    /// The elements, row-major.
    package let storage: Storage

    /// A tensor; the product of the shape must be the number of elements.
    package init(shape: [Int], _ storage: Storage) {
        precondition(shape.allSatisfy { $0 >= 0 }, "A dimension cannot be negative.")
        precondition(shape.reduce(1, *) == storage.count, "The shape must fit the elements.")
        self.shape = shape
        self.storage = storage
    }

    /// A tensor of 32-bit floats.
    package init(shape: [Int], _ values: [Float]) {
        self.init(shape: shape, .f32(values))
    }

    /// The elements if they are 32-bit floats, else `nil`.
    package var floats: [Float]? {
        if case .f32(let values) = storage { return values }
        return nil
    }
}
