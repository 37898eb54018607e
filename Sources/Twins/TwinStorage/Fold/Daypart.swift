/// The parts of the day, in UTC.
package enum Daypart {
    /// The part of the day of an hour from 0 to 23.
    package static func name(hour: Int) -> String {
        switch hour {
        case 5..<11: "morning"
        case 11..<14: "noon"
        case 14..<18: "afternoon"
        case 18..<23: "evening"
        default: "night"
        }
    }
}
