// swift-tools-version: 6.2
// PLENARY_PURE=1 leaves only the pure rooms (BigBlueButton, PlenaryCore) and their tests in the package,
// so that the inner loop needs no more than swift-crypto and libxml2: see docs/architecture.md.
import PackageDescription

let pureOnly = Context.environment["PLENARY_PURE"] == "1"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

var dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")
]

var targets: [Target] = [
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .target(name: "BigBlueButton", dependencies: ["CLibXML2", crypto]),
    .target(name: "PlenaryCore", dependencies: ["BigBlueButton"]),
    .testTarget(name: "BigBlueButtonTests", dependencies: ["BigBlueButton"], exclude: ["Corpus"]),
    .testTarget(name: "PlenaryCoreTests", dependencies: ["PlenaryCore", "BigBlueButton"]),
]

var products: [Product] = [
    .library(name: "BigBlueButton", targets: ["BigBlueButton"])
]

if !pureOnly {
    dependencies += [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ]

    let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
    let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
    let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
    let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
    let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

    targets += [
        .systemLibrary(
            name: "CMaxMindDB", pkgConfig: "libmaxminddb", providers: [.apt(["libmaxminddb-dev"])]),
        .target(
            name: "PlenaryStore",
            dependencies: ["PlenaryCore", crypto, .product(name: "GRDB", package: "GRDB.swift"), log, lifecycle]
        ),
        .target(name: "PlenaryFleet", dependencies: ["PlenaryStore", log, lifecycle]),
        .target(name: "PlenaryRooms", dependencies: ["PlenaryFleet", crypto, cryptoExtras, log, lifecycle]),
        .target(name: "PlenaryWeb", dependencies: ["PlenaryFleet", "PlenaryRooms", hummingbird, mustache, log]),
        .target(
            name: "PlenarySimulator",
            dependencies: [
                "PlenaryFleet", "BigBlueButton", hummingbird, log, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .target(
            name: "PlenaryCommands",
            dependencies: [
                "PlenaryWeb", "PlenaryRooms", "PlenarySimulator", "CMaxMindDB", httpClient, hummingbird, log, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(name: "plenary", dependencies: ["PlenaryCommands"]),
        .testTarget(name: "PlenaryStoreTests", dependencies: ["PlenaryStore", "PlenaryCore", "BigBlueButton"]),
        .testTarget(
            name: "PlenaryFleetTests",
            dependencies: ["PlenaryFleet", "PlenarySimulator", "PlenaryStore", "PlenaryCore", "BigBlueButton", log]
        ),
        .testTarget(
            name: "PlenaryRoomsTests",
            dependencies: [
                "PlenaryRooms", "PlenarySimulator", "PlenaryFleet", "PlenaryStore", "PlenaryCore", "BigBlueButton", log,
            ]
        ),
        .testTarget(
            name: "PlenaryWebTests",
            dependencies: [
                "PlenaryWeb", "PlenaryRooms", "PlenarySimulator", "PlenaryFleet", "PlenaryStore", "PlenaryCore",
                "BigBlueButton",
                hummingbird,
                log, .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "PlenaryCommandsTests",
            dependencies: [
                "PlenaryCommands", "PlenaryWeb", "PlenaryRooms", "PlenaryFleet", "PlenaryStore", "PlenaryCore",
                "BigBlueButton", log,
            ]
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["PlenaryFleet", "PlenarySimulator", "PlenaryStore", "PlenaryCore", "BigBlueButton"]
        ),
    ]
    products.append(.executable(name: "plenary", targets: ["plenary"]))
}

// Swift settings are the same for every target of ours; system libraries have no Swift code.
for target in targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}

let package = Package(
    name: "plenary",
    platforms: [.macOS(.v15)],
    products: products,
    dependencies: dependencies,
    targets: targets
)
