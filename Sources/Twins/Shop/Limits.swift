/// Bounds on what is accepted from outside, each with its reason.
package enum Limits {
    /// Ids become keys: an LMDB key has 511 bytes, of which label and digest need some.
    package static let idByteCountMax = 256
    /// A search, a city or an extra column is a phrase and not a document.
    package static let textByteCountMax = 4096
    /// Extra columns of one event; more is a sign of a wrong file.
    package static let propertyCountMax = 64
    /// A line longer than this is not an event, and must not fill the memory.
    package static let lineByteCountMax = 1 << 20
    /// Quantities and prices beyond this are mistakes.
    package static let amountMax = 1e9
    /// The city of a feed: with an id and a day it fits into the name of a node.
    package static let cityByteCountMax = 128
    /// A file of weather or events is read as a whole; one of a city's decades is far smaller.
    package static let feedByteCountMax = 1 << 26
    /// Records of one file of feeds, which all are in memory at once.
    package static let feedRecordCountMax = 1 << 20
    /// Keys of one JSON object; an event has its own fields and the extra columns.
    package static let keyCountMax = 128
    /// A key of a JSON object is the name of a field and not a text.
    package static let keyByteCountMax = 1024
    /// Events of one customer: what a person cannot do in a life, and a program that is not one can.
    package static let eventsPerCustomerMax = 1_000_000
    /// Items that one batch from outside may add; a catalogue is loaded as one.
    package static let newItemsPerRequestMax = 1_000
    /// Remarks on one file of feeds that are kept to be shown.
    package static let remarkCountMax = 1_000
}
