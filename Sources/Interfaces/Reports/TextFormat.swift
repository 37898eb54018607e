import Prediction
import Time

/// The text form of figures and names.
enum TextFormat {
    /// A no-break space.
    static let blank = "\u{A0}"

    /// A fraction as a whole percentage, such as `31 %`.
    ///
    /// Only 0 and 1 are shown as 0 and 100 %.
    static func percent(_ fraction: Double) -> String {
        guard fraction.isFinite, fraction > 0 else { return "0\(blank)%" }
        if fraction >= 1 { return "100\(blank)%" }
        if fraction < 0.005 { return "under 1\(blank)%" }
        if fraction >= 0.995 { return "over 99\(blank)%" }
        return "\(Int((fraction * 100).rounded()))\(blank)%"
    }

    /// A whole number with commas between groups of three digits.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "−" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number of things: `1 event`, `2 events`.
    static func count(_ number: Int, _ thing: String) -> String {
        count(number) + blank + thing + (number == 1 ? "" : "s")
    }

    /// A number with decimal places and a minus sign (U+2212).
    static func decimal(_ value: Double, places: Int) -> String {
        let text = SVG.number(abs(value), places: places)
        let whole = text.split(separator: ".")
        let fraction = whole.count > 1 ? String(whole[1]) : ""
        let zeros = String(repeating: "0", count: max(0, places - fraction.count))
        let number = places > 0 ? "\(whole.first ?? "0").\(fraction)\(zeros)" : text
        return value < 0 && text != "0" ? "−" + number : number
    }

    /// An expected number: whole from ten on, with one decimal place below.
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
    static func date(_ time: Timestamp) -> String {
        let parts = time.date.split(separator: "-")
        guard parts.count == 3, let month = month(parts[1]), let day = Int(parts[2]) else {
            return time.date
        }
        return "\(day)\(blank)\(month)\(blank)\(parts[0])"
    }

    /// A day without its year, such as `Sat 4 Jul`, in UTC.
    static func day(_ time: Timestamp, weekday: Bool = true) -> String {
        let parts = date(time).split(separator: Character(blank))
        guard parts.count == 3 else { return date(time) }
        let day = "\(parts[0])\(blank)\(parts[1])"
        guard weekday else { return day }
        let days = Int((Double(time.seconds) / 86_400).rounded(.down))
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

    /// The title of an expert, and what it predicts from.
    static func expert(_ name: ExpertID) -> (title: String, meaning: String) {
        switch name {
        case .history:
            ("Repeat purchases", "what this customer takes again, how often and how lately")
        case .sequence:
            ("Sequence", "a neural network (LSTM) over the order and timing of events")
        case .personalTransitions: ("Personal transitions", "what followed what for this customer")
        case .transitions: ("Population transitions", "what follows what for all customers")
        case .neighbours: ("Neighbours", "what customers with a similar history took")
        case .popularity: ("Popularity", "what all customers take at present")
        }
    }

    /// The short form of a customer key.
    static func short(_ pseudonym: String) -> String { String(pseudonym.prefix(8)) }

    private static func month(_ digits: Substring) -> String? {
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard let number = Int(digits), names.indices.contains(number - 1) else { return nil }
        return names[number - 1]
    }
}
