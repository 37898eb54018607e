/// Bounds on what is accepted from outside, each with its reason.
package enum Limits {
    /// Ids become keys.
    ///
    /// An LMDB key has at most 511 bytes, and label and digest need some of them.
    package static let idByteCountMax = 256
    /// A search or an extra column is a phrase, not a document.
    package static let textByteCountMax = 4096
    /// Extra columns of one event.
    ///
    /// More of them are a sign of a wrong file.
    package static let propertyCountMax = 64
    /// A longer line is not an event, and must not fill the memory.
    package static let lineByteCountMax = 1 << 20
    /// Quantities and prices beyond this are mistakes.
    package static let amountMax = 1e9
    /// The city of a feed.
    ///
    /// With an id and a day it has to fit into the name of a node.
    package static let cityByteCountMax = 128
    /// A file of weather or events is read as a whole.
    ///
    /// Decades of one city are far smaller.
    package static let feedByteCountMax = 1 << 26
    /// Records of one file of feeds.
    ///
    /// All of them are in memory at once.
    package static let feedRecordCountMax = 1 << 20
    /// Keys of one JSON object.
    ///
    /// An event has its own fields and the extra columns.
    package static let keyCountMax = 128
    /// A key of a JSON object is the name of a field, not a text.
    package static let keyByteCountMax = 1024
    /// Events of one customer: more than a person can cause in a life, but a program can.
    package static let eventsPerCustomerMax = 1_000_000
    /// New items of one batch over HTTP.
    ///
    /// A catalogue is loaded from a file instead.
    package static let newItemsPerRequestMax = 1_000
    /// Warnings about one file of feeds that are kept to be shown.
    package static let warningCountMax = 1_000
}
