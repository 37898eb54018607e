import Foundation
import Prediction
import Recommendations

/// A table for the terminal: columns as wide as their content, numbers aligned right.
struct Table {
    /// The alignment of a column.
    enum Alignment {
        case left
        case right
    }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// Makes a table with titles.
    ///
    /// A title that begins with `#` is printed without it, and its column is aligned right. `#`
    /// alone is a title itself, of a column of ranks.
    init(_ titles: String...) {
        header = titles.map {
            printable($0.hasPrefix("#") && $0 != "#" ? String($0.dropFirst()) : $0)
        }
        alignments = titles.map { $0.hasPrefix("#") ? .right : .left }
    }

    /// Adds a row.
    ///
    /// Missing cells are empty, and control characters are replaced.
    mutating func add(_ cells: String...) {
        rows.append(header.indices.map { $0 < cells.count ? printable(cells[$0]) : "" })
    }

    /// The table as lines.
    func lines(indent: Int = 0) -> [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let margin = String(repeating: " ", count: indent)
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return alignments[column] == .right ? space + cells[column] : cells[column] + space
            }
            let text = margin + padded.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let rule = margin + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return [line(header), rule] + rows.map(line)
    }
}

/// A text of at most `limit` characters, with an ellipsis where it was cut.
func shortened(_ text: String, to limit: Int) -> String {
    text.count <= limit ? text : text.prefix(max(0, limit - 1)) + "…"
}

/// A fraction as a percentage, with one decimal below 10 %.
func percent(_ fraction: Double) -> String {
    // Only 1 is shown as 100 %.
    if fraction >= 0.995, fraction < 1 { return "> 99 %" }
    return fraction < 0.0995
        ? "\((fraction * 1000).rounded() / 10) %" : "\(Int((fraction * 100).rounded())) %"
}

/// A number with `count` decimals.
func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }

/// A whole number with commas between groups of three digits.
func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (number < 0 ? "-" : "") + groups.joined(separator: ",")
}

/// A duration: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 60 { return "\((seconds * 10).rounded() / 10) s" }
    let whole = Int(min(seconds, 1e9))
    return whole < 3600
        ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
}

extension ExpertID {
    /// The name of the expert in a table, with blanks between words.
    var title: String { publicName.replacing("_", with: " ") }
}
