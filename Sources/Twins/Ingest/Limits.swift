/// Bounds on what is accepted from outside, each with its reason.
public enum Limits {
    /// Ids become keys: an LMDB key has 511 bytes, of which label and digest need some.
    public static let idByteCountMax = 256
    /// A search, a city or an extra column is a phrase and not a document.
    public static let textByteCountMax = 4096
    /// Extra columns of one event; more is a sign of a wrong file.
    public static let propertyCountMax = 64
    /// A line longer than this is not an event, and must not fill the memory.
    public static let lineByteCountMax = 1 << 20
    /// The earliest accepted time, 1900-01-01.
    public static let timeMin = Int64(-2_208_988_800_000)
    /// The latest accepted time, 2200-01-01.
    public static let timeMax = Int64(7_258_118_400_000)
    /// Quantities and prices beyond this are mistakes.
    public static let amountMax = 1e9
    /// The city of a feed: with an id and a day it fits into the name of a node.
    public static let cityByteCountMax = 128
    /// A file of weather or events is read as a whole; one of a city's decades is far smaller.
    public static let feedByteCountMax = 1 << 26
    /// Records of one file of feeds, which all are in memory at once.
    public static let feedRecordCountMax = 1 << 20
}
