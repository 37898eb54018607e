/// Parts of the day that a twin is active in, in UTC as logged.
package enum Daypart {
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
