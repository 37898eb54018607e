import Foundation
import Testing

@testable import Reports

@Suite struct StyleTests {
    static let schemes = [StyleSheet.light, StyleSheet.dark]

    @Test(arguments: schemes) func textsStandOut(_ scheme: String) throws {
        let colors = try parse(scheme)
        let texts = [
            ("ink", "page"), ("ink", "card"), ("ink", "notice"), ("ink", "surprise"),
            ("muted", "page"), ("muted", "card"), ("muted", "surprise"), ("accent", "page"),
            ("accent", "card"), ("onaccent", "accent"),
        ]
        for (text, ground) in texts {
            let ratio = try contrast(text, ground, colors)
            #expect(ratio >= 4.5, "\(text) on \(ground): \(ratio)")
        }
    }

    @Test(arguments: schemes) func drawingsStandOut(_ scheme: String) throws {
        let colors = try parse(scheme)
        let names = (0...6).map { "c\($0)" } + (0...5).map { "e\($0)" } + ["accent"]
        for name in names {
            let ratio = try contrast(name, "card", colors)
            #expect(ratio >= 3, "\(name): \(ratio)")
        }
    }

    @Test(arguments: schemes) func categoriesCanBeToldApart(_ scheme: String) throws {
        let colors = try parse(scheme)
        let names = (0...6).map { "c\($0)" }
        for (kind, matrix) in Self.colorVision {
            for (place, left) in names.enumerated() {
                for right in names.dropFirst(place + 1) {
                    let a = lab(try #require(colors[left]), matrix)
                    let b = lab(try #require(colors[right]), matrix)
                    let distance = zip(a, b).reduce(0) {
                        $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
                    }.squareRoot()
                    #expect(distance >= 12, "\(left) and \(right), \(kind): \(distance)")
                }
            }
        }
    }

    @Test func bothSchemesNameTheSameColours() throws {
        #expect(try parse(StyleSheet.light).keys.sorted() == parse(StyleSheet.dark).keys.sorted())
    }

    @Test func everyColourThatIsUsedIsThere() throws {
        let known = Set(try parse(StyleSheet.light).keys)
        let used = StyleSheet.text.components(separatedBy: "var(--").dropFirst()
            .map { $0.components(separatedBy: ")")[0] }
        #expect(Set(used).isSubset(of: known), "\(Set(used).subtracting(known).sorted())")
        #expect(known.isSubset(of: used), "\(known.subtracting(used).sorted())")
    }

    @Test func isWellFormed() {
        let text = StyleSheet.text
        #expect(text.count { $0 == "{" } == text.count { $0 == "}" })
        #expect(!text.contains("<") && !text.contains("&"))
        for condition in ["prefers-color-scheme: dark", "print", "max-width: 680px"] {
            #expect(text.contains(condition), "\(condition)")
        }
    }

    /// Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
    /// Vision Deficiency", IEEE TVCG 2009, severity 1.
    private static let colorVision: [(String, [Double])] = [
        ("all colours", [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        (
            "protanopia",
            [
                0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116,
                1.051998,
            ]
        ),
        (
            "deuteranopia",
            [
                0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294,
                0.968881,
            ]
        ),
        (
            "tritanopia",
            [
                1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367,
                0.3039,
            ]
        ),
    ]

    /// The linear red, green and blue of each colour of a scheme.
    private func parse(_ scheme: String) throws -> [String: [Double]] {
        var colors: [String: [Double]] = [:]
        for entry in scheme.split(separator: ";") {
            let parts = entry.split(separator: ":").map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard parts.count == 2 else { continue }
            let number = try #require(Int(parts[1].dropFirst(), radix: 16), "\(entry)")
            colors[String(parts[0].dropFirst(2))] = [16, 8, 0].map {
                let value = Double(number >> $0 & 255) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
        }
        return colors
    }

    /// The contrast ratio of WCAG 2.
    private func contrast(
        _ first: String, _ second: String, _ colors: [String: [Double]]
    ) throws -> Double {
        func luminance(_ name: String) throws -> Double {
            let color = try #require(colors[name], "\(name)")
            return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
        }
        let pair = [try luminance(first), try luminance(second)].sorted()
        return (pair[1] + 0.05) / (pair[0] + 0.05)
    }

    private func lab(_ color: [Double], _ matrix: [Double]) -> [Double] {
        let seen = (0..<3).map { row in
            min(1, max(0, (0..<3).reduce(0) { $0 + matrix[row * 3 + $1] * color[$1] }))
        }
        func curve(_ value: Double) -> Double {
            value > 0.008856 ? cbrt(value) : 7.787 * value + 16.0 / 116
        }
        let x = curve((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047)
        let y = curve(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2])
        let z = curve((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883)
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
    }
}
