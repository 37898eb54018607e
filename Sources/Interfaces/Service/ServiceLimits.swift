import Foundation
import NIOCore
import Recommendations
import ShopFormats

/// Bounds on what the service takes in and does, each with its reason.
enum ServiceLimits {
    // MARK: Connections

    /// Open connections.
    ///
    /// Each costs a descriptor and some memory; the usual limit of descriptors is 1,024, of which
    /// the store and the models need a few. More connections wait in the kernel's queue. Without a
    /// descriptor for a connection that waits, the server would ask for it again without rest.
    static let connectionCountMax = connectionCountMax(descriptors: descriptorCountMax)
    /// From this number of connections on, each new one closes the one that has been idle longest,
    /// so that idle clients leave room for health checks and others.
    static let quietConnectionCountMax = connectionCountMax - max(1, connectionCountMax / 18)

    /// The connections that a number of descriptors leaves room for: at most 900, at least 4.
    static func connectionCountMax(descriptors: Int) -> Int { min(900, max(4, descriptors - 100)) }

    /// The largest number of open files of this process; 1,024 if the system does not tell.
    private static var descriptorCountMax: Int {
        var limit = rlimit()
        #if os(Linux)
            let code = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let code = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return code == 0 ? Int(clamping: limit.rlim_cur) : 1_024
    }
    /// A connection on which nothing happens, or whose header does not end, is closed after this.
    static let idleTimeout = TimeAmount.seconds(60)
    /// A request must have arrived whole within this time of its header: a body that drips in byte
    /// by byte never counts as idle, and would be held for ever.
    static let requestDeadline = TimeAmount.seconds(30)
    /// A client that does not read must go on within this time: answers that wait to be sent take
    /// memory, and their connections count as busy.
    static let writeDeadline = TimeAmount.seconds(30)
    /// Between an answer that ends a connection and its end, so that the answer can be read.
    static let closingDelay = TimeAmount.seconds(1)
    /// Requests under way at shutdown get this long; service managers kill after ten seconds or so.
    static let shutdownGrace = Duration.seconds(8)

    // MARK: Requests

    /// All header fields of a request together; browsers send up to about 8 KiB.
    static let headerByteCountMax = 16 << 10
    /// Header fields of a request; browsers send about 20.
    static let headerFieldCountMax = 100
    /// Path and query; the longest meaningful one has an id of 256 bytes and eleven parameters.
    static let uriByteCountMax = 8 << 10
    /// A JSON body is held in memory several times over while it is read.
    static let bodyByteCountMax = 1 << 20
    /// A body of lines is read line by line, so it may be longer.
    static let linesByteCountMax = 16 << 20
    /// Bytes of all bodies and unsent answers that are held at once, so that many of them cannot
    /// fill the memory.
    static let heldByteCountMax = 64 << 20
    /// Events of one request: what is written in one transaction.
    static let eventCountMax = EventJSON.eventCountMax
    /// Rejected events that an answer lists; it counts all of them by reason.
    static let rejectionListMax = 100
    /// Bytes that the detail of a rejected event takes in an answer.
    static let rejectionByteCountMax = 400

    /// How far ahead of this machine's clock an event may be.
    ///
    /// Clocks differ, and some shops send local time as UTC. An event from further on would be the
    /// store's present from then on, in which all that came before has faded.
    static let clockDifferenceMaxSeconds = 86_400.0

    // MARK: Work

    /// Bodies up to this length are read at once; they hold some hundred events at most.
    static let smallBodyByteCountMax = 16 << 10
    /// Longer bodies that are read and written at once.
    ///
    /// One is read while another is written. It also bounds the transactions that several requests
    /// share.
    static let uploadCountMax = 2
    /// Longer bodies that wait for their turn.
    static let uploadQueueMax = 32
    /// Simulations that run at once; each uses two threads, and events must get in meanwhile.
    static let simulationCountMax = 2
    /// Threads for simulations: those beyond the count above serve while others have not noticed
    /// yet that they were cancelled.
    static let simulationThreadCount = 8
    /// Requests that wait for a simulation; at usual speed the last of them waits a few seconds.
    static let simulationQueueMax = 64
    /// The maximum time of waiting and simulating together; clients have given up by then.
    static let simulationDeadline = Duration.seconds(10)
    /// Paths times days of a simulation: what two processors do within the deadline, and 40 days
    /// for as many paths as are allowed.
    static let pathDaysMax = 400_000.0
    /// What a simulation costs beside its paths, in paths times days.
    static let pathDaysBase = 1_000.0
    /// Paths of a simulation: 10,000 paths of at most 400 events stay below 5 million events.
    static let paths = 1...10_000
    /// Days to look ahead, up to the simulator's own limit; below a quarter of an hour a path would
    /// have no room for an event.
    static let horizonDays = 0.01...366
    /// Items of a list.
    static let count = 1...RecommendationOptions.countMax
    /// Items to pass over.
    static let offset = 0...(RecommendationOptions.reachMax - RecommendationOptions.countMax)
    /// Interactions, and preferences of a kind, that the document of a twin lists.
    static let twinListMax = 100
    /// A new model is looked for at most this often.
    static let modelCheckInterval = Duration.seconds(1)
    /// A model that could not be read is tried again after this, in case its files were restored.
    static let modelRetryInterval = Duration.seconds(60)
    /// What a client that was turned away should wait, in seconds.
    static let retryAfterSeconds = 2
}
