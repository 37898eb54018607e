// swift-tools-version: 6.2
import PackageDescription

// The processor that the numeric targets are compiled for. `native` is right for a program that runs
// where it was built; name a level (x86-64-v3, x86-64-v4) to build for other machines.
let cpu = Context.environment["FORETWIN_CPU"] ?? "native"

#if arch(arm64)
    let cpuFlag = "-mcpu=\(cpu)"
#else
    let cpuFlag = "-march=\(cpu)"
#endif

let cpuDefine =
    switch cpu {
    case "native": "FORETWIN_CPU_NATIVE"
    case "x86-64-v3": "FORETWIN_CPU_V3"
    case "x86-64-v4": "FORETWIN_CPU_V4"
    default: "FORETWIN_CPU_GENERIC"
    }

var house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
if Context.environment["FORETWIN_STRICT"] != nil {
    house.append(.treatAllWarnings(as: .error))
}

// Numeric code is optimised in debug builds too, so that tests of it take seconds and not hours.
let numeric: [SwiftSetting] =
    house + [
        .unsafeFlags(["-O"], .when(configuration: .debug)),
        .unsafeFlags(["-Xcc", cpuFlag]),
        .define(cpuDefine),
    ]

// The readers of bytes from outside: a few mutants as a test, or, with FORETWIN_FUZZ, as the program
// that tools/fuzz makes with libFuzzer, without the server's packages.
let readers: [Target.Dependency] = ["LMDB", "Learning", "Prediction", "PropertyGraph", "Twins"]
let fuzzing: [Target] =
    Context.environment["FORETWIN_FUZZ"] != nil
    ? [
        .executableTarget(
            name: "fuzz", dependencies: readers, path: "Tests/FuzzTests",
            exclude: ["MutationTests.swift", "Mutator.swift", "ServiceTargets.swift"],
            swiftSettings: house)
    ]
    : [
        .testTarget(
            name: "FuzzTests",
            dependencies: readers + [
                "Service", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ], exclude: ["LibFuzzer.swift"], swiftSettings: house)
    ]

let package = Package(
    name: "foretwin",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "foretwin", targets: ["foretwin"]),
        .library(name: "LMDB", targets: ["LMDB"]),
        .library(name: "PropertyGraph", targets: ["PropertyGraph"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The house: each target may import only targets above it.
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .target(name: "CDamage"),
        .target(name: "LMDB", dependencies: ["CDamage", "CLMDB"], swiftSettings: house),
        .target(
            name: "Kernels", swiftSettings: numeric, linkerSettings: [.linkedLibrary("m")]),
        .target(
            name: "PropertyGraph",
            dependencies: ["LMDB", .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: house),
        .target(name: "Learning", dependencies: ["Kernels"], swiftSettings: numeric),
        .target(
            name: "Twins",
            dependencies: [
                "LMDB", "PropertyGraph", .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: house),
        .target(
            name: "SyntheticShop", dependencies: ["Kernels", "PropertyGraph", "Twins"],
            swiftSettings: house),
        .target(
            name: "Prediction", dependencies: ["Kernels", "Learning", "PropertyGraph", "Twins"],
            swiftSettings: numeric),
        .target(
            name: "Futures",
            dependencies: ["Kernels", "Learning", "Prediction", "PropertyGraph", "Twins"],
            swiftSettings: numeric),
        .target(
            name: "Recommendations",
            dependencies: [
                "Futures", "Kernels", "Learning", "Prediction", "PropertyGraph", "Twins",
            ], swiftSettings: house),
        .target(
            name: "Reports",
            dependencies: [
                "Futures", "Learning", "Prediction", "PropertyGraph", "Recommendations", "Twins",
                .product(name: "Mustache", package: "swift-mustache"),
            ], swiftSettings: house),
        .target(
            name: "Service",
            dependencies: [
                "Futures", "Prediction", "PropertyGraph", "Recommendations", "Twins",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: house),
        .executableTarget(
            name: "foretwin",
            dependencies: [
                "Kernels", "Learning", "PropertyGraph", "Twins", "SyntheticShop", "Prediction",
                "Futures", "Recommendations", "Reports", "Service",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: house),

        .testTarget(name: "LMDBTests", dependencies: ["LMDB"], swiftSettings: house),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels"], swiftSettings: house),
        .testTarget(
            name: "PropertyGraphTests", dependencies: ["LMDB", "PropertyGraph"],
            exclude: ["Interchange/Fixtures"], swiftSettings: house),
        .testTarget(
            name: "LearningTests", dependencies: ["Kernels", "Learning"], exclude: ["Fixtures"],
            swiftSettings: numeric),
        .testTarget(
            name: "TwinsTests", dependencies: ["LMDB", "PropertyGraph", "Twins"],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "SyntheticShopTests", dependencies: ["PropertyGraph", "SyntheticShop", "Twins"],
            swiftSettings: house),
        .testTarget(
            name: "PredictionTests",
            dependencies: [
                "Kernels", "Learning", "Prediction", "PropertyGraph", "SyntheticShop", "Twins",
            ],
            swiftSettings: numeric),
        .testTarget(
            name: "FuturesTests",
            dependencies: [
                "Futures", "Kernels", "Learning", "Prediction", "PropertyGraph", "SyntheticShop",
                "Twins",
            ],
            swiftSettings: numeric),
        .testTarget(
            name: "RecommendationsTests",
            dependencies: [
                "Futures", "Kernels", "Learning", "Prediction", "PropertyGraph",
                "Recommendations", "SyntheticShop", "Twins",
            ], swiftSettings: house),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Futures", "Learning", "Prediction", "PropertyGraph", "Recommendations",
                "Reports", "SyntheticShop", "Twins",
            ], swiftSettings: house),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "LMDB", "Learning", "Prediction", "PropertyGraph", "Recommendations", "Service",
                "SyntheticShop", "Twins",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: house),
        .testTarget(name: "TidyTests", swiftSettings: house),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
