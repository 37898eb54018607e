import Prediction
import Time

/// Figures and names as people read them.
enum TextFormat {
    /// A blank at which no line breaks.
    static let blank = "\u{A0}"

    /// A share as a whole percentage, such as `31 %`; never 0 or 100 unless it is exactly that.
    static func percent(_ share: Double) -> String {
        guard share.isFinite, share > 0 else { return "0\(blank)%" }
        if share >= 1 { return "100\(blank)%" }
        if share < 0.005 { return "under 1\(blank)%" }
        if share >= 0.995 { return "over 99\(blank)%" }
        return "\(Int((share * 100).rounded()))\(blank)%"
    }

    /// A whole number with its thousands set apart.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "−" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number of things: `1 event`, `2 events`.
    static func count(_ number: Int, _ thing: String) -> String {
        count(number) + blank + thing + (number == 1 ? "" : "s")
    }

    /// A number to some decimal places, with a true minus sign.
    static func decimal(_ value: Double, places: Int) -> String {
        let text = SVG.number(abs(value), places: places)
        let whole = text.split(separator: ".")
        let fraction = whole.count > 1 ? String(whole[1]) : ""
        let zeros = String(repeating: "0", count: max(0, places - fraction.count))
        let number = places > 0 ? "\(whole.first ?? "0").\(fraction)\(zeros)" : text
        return value < 0 && text != "0" ? "−" + number : number
    }

    /// A number that is expected: whole from ten on, with one decimal place below.
    static func amount(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        return abs(value) < 9.95
            ? decimal(value, places: 1) : count(Int(value.rounded()))
    }

    /// A difference with its sign.
    static func difference(_ value: Double) -> String {
        let text = amount(value)
        return value > 0 && text != "0.0" ? "+" + text : text
    }

    /// A day, such as `4 Jul 2026`, in UTC.
    static func date(_ moment: Timestamp) -> String {
        let parts = moment.date.split(separator: "-")
        guard parts.count == 3, let month = month(parts[1]), let day = Int(parts[2]) else {
            return moment.date
        }
        return "\(day)\(blank)\(month)\(blank)\(parts[0])"
    }

    /// A day without its year, such as `Sat 4 Jul`, in UTC.
    static func day(_ moment: Timestamp, weekday: Bool = true) -> String {
        let parts = date(moment).split(separator: Character(blank))
        guard parts.count == 3 else { return date(moment) }
        let day = "\(parts[0])\(blank)\(parts[1])"
        guard weekday else { return day }
        let days = Int((Double(moment.seconds) / 86_400).rounded(.down))
        // 1 January 1970 was a Thursday.
        let index = ((days % 7) + 7 + 4) % 7
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        return "\(names[index])\(blank)\(day)"
    }

    /// A length of time in days or hours.
    static func span(days: Double) -> String {
        guard days.isFinite else { return "some time" }
        if days < 1 { return count(max(1, Int((days * 24).rounded())), "hour") }
        return count(Int(min(days, 1e6).rounded()), "day")
    }

    /// What a source of evidence is called, and what it is.
    static func evidence(_ name: ExpertID) -> (title: String, meaning: String) {
        switch name {
        case .history: ("Own habits", "what this customer takes again, how often and how lately")
        case .sequence:
            ("Order and rhythm", "a neural network (LSTM) over the order and timing of events")
        case .personalTransitions: ("Own sequences", "what followed what for this customer")
        case .transitions: ("Common sequences", "what follows what for all customers")
        case .neighbours: ("Similar customers", "what customers with a like history took")
        case .popularity: ("Popular now", "what everybody is taking")
        }
    }

    /// The short form of a pseudonym.
    static func short(_ pseudonym: String) -> String { String(pseudonym.prefix(8)) }

    private static func month(_ digits: Substring) -> String? {
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard let number = Int(digits), names.indices.contains(number - 1) else { return nil }
        return names[number - 1]
    }
}
