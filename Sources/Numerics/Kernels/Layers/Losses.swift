import Foundation

/// Softmax cross-entropy losses with their gradients.
package enum SoftmaxLoss {
    /// Full softmax: −log softmax(logits + bias)[target] of each row.
    ///
    /// - Parameters:
    ///   - logits: n × classes; scale · ∂loss/∂logits afterwards.
    ///   - bias: 1 × classes, added to every row first.
    ///   - targets: n classes.
    ///   - scales: n factors of the gradient; a row with scale 0 has no loss and no gradient.
    /// - Returns: The sum of the losses of the rows with a scale above 0.
    package static func full(
        logits: MatrixView, bias: MatrixView, targets: ArraySlice<Int32>,
        scales: ArraySlice<Float>
    ) -> Double {
        precondition(
            targets.count == logits.rows && scales.count == logits.rows,
            "Each row needs one target and one scale.")
        precondition(bias.rows == 1 && bias.columns == logits.columns, "Each class needs one bias.")
        let count = logits.columns
        let offsets = bias.row(0)
        var total = 0.0
        for index in 0..<logits.rows {
            let row = logits.row(index)
            let scale = scales[scales.startIndex + index]
            let target = Int(targets[targets.startIndex + index])
            guard scale > 0 else {
                row.update(repeating: 0, count: count)
                continue
            }
            precondition(target >= 0 && target < count, "The target is not a class.")
            axpy(1, offsets, row, count)
            let logit = row[target]
            total += Double(softmaxRow(row, count) - logit)
            row[target] -= 1
            scaleRow(row, count, scale)
        }
        return total
    }
}
