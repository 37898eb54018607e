import Foundation

/// Softmax cross-entropy losses with their gradients.
public enum SoftmaxLoss {
    /// Full softmax: −log softmax(logits + bias)[target] of each row.
    ///
    /// - Parameters:
    ///   - logits: n × classes; the logits before, scale · ∂loss/∂logits after.
    ///   - bias: 1 × classes, added to every row first.
    ///   - targets: n classes.
    ///   - scales: n factors of the gradient; a row with scale 0 has no loss and no gradient.
    /// - Returns: The sum of the losses of the rows with a scale above 0.
    public static func full(
        logits: MatrixView, bias: MatrixView, targets: ArraySlice<Int32>,
        scales: ArraySlice<Float>
    ) -> Double {
        precondition(targets.count == logits.rows && scales.count == logits.rows)
        precondition(bias.rows == 1 && bias.columns == logits.columns, "One bias a class.")
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

    /// Softmax over the target and a shared set of candidates.
    ///
    /// With candidates drawn from a distribution q and `offsets` = bias − log(S · q) this estimates
    /// the full softmax loss by importance sampling (Bengio and Senécal 2008); the target itself
    /// is always present and needs no correction. A candidate equal to a row's target (an
    /// accidental hit) is left out of that row. With all classes as candidates and offsets = bias
    /// the loss is exactly that of the full softmax.
    ///
    /// - Parameters:
    ///   - logits: n × S; z · candidate before, scale · ∂loss/∂logit after.
    ///   - offsets: 1 × S, added to every row first.
    ///   - candidates: S item numbers.
    ///   - targets: n item numbers.
    ///   - targetLogits: n logits of the targets, with bias; replaced by scale · ∂loss/∂logit.
    ///   - scales: n factors of the gradient; a row with scale 0 has no loss and no gradient.
    /// - Returns: The sum of the losses of the rows with a scale above 0.
    public static func sampled(
        logits: MatrixView, offsets: MatrixView, candidates: [Int32],
        targets: ArraySlice<Int32>, targetLogits: inout [Float], scales: ArraySlice<Float>
    ) -> Double {
        let count = logits.columns
        precondition(targets.count == logits.rows && scales.count == logits.rows)
        precondition(targetLogits.count == logits.rows && candidates.count == count)
        precondition(offsets.rows == 1 && offsets.columns == count, "One offset a candidate.")
        let shifts = offsets.row(0)
        var total = 0.0
        // The item numbers are compared sixteen at a time, in place.
        candidates.withUnsafeBufferPointer { buffer in
            guard let items = buffer.baseAddress else { return }
            for index in 0..<logits.rows {
                let row = logits.row(index)
                let scale = scales[scales.startIndex + index]
                guard scale > 0 else {
                    row.update(repeating: 0, count: count)
                    targetLogits[index] = 0
                    continue
                }
                let target = targets[targets.startIndex + index]
                let logit = targetLogits[index]
                let peak = max(logit, shiftAndMask(row, shifts, items, target, count))
                let own = exp(logit - peak)
                let sum = own + exponentials(row, count, minus: peak)
                total += Double(peak + log(sum) - logit)
                scaleRow(row, count, scale / sum)
                targetLogits[index] = (own / sum - 1) * scale
            }
        }
        return total
    }
}

/// What stands in for -∞ as a logit: its exponential is 0 and differences stay finite.
private let absent: Float = -1e30

/// Adds the offsets, hides candidates equal to the target, and returns the greatest logit.
@inline(__always)
private func shiftAndMask(
    _ row: FloatPointer, _ shifts: FloatPointer, _ items: IndexPointer, _ target: Int32,
    _ count: Int
) -> Float {
    var peaks = Lanes(repeating: absent)
    let absentBits = SIMD16<Int32>(repeating: Int32(bitPattern: absent.bitPattern))
    var index = 0
    while index + 16 <= count {
        // Raw because SIMD loads have no typed unaligned form.
        let ids = UnsafeRawPointer(items + index).loadUnaligned(as: SIMD16<Int32>.self)
        // All ones where the item differs, by the sign of d | −d: comparing lanes of integers
        // would be done one by one. Where it does not differ, -10³⁰ is added.
        let difference = ids ^ target
        let differs = (difference | (0 &- difference)) &>> 31
        let penalty = unsafeBitCast(absentBits & ~differs, to: Lanes.self)  // equal sizes
        let value = row.lanes(index) + shifts.lanes(index) + penalty
        row.store(value, index)
        peaks.replace(with: value, where: value .> peaks)
        index += 16
    }
    var peak = maximum(peaks)
    while index < count {
        let value = row[index] + shifts[index] + (items[index] == target ? absent : 0)
        row[index] = value
        peak = max(peak, value)
        index += 1
    }
    return peak
}
