/// The use cases of the platform, put together: what the web and the services work with.
package struct PlatformServices: Sendable {
    package let platform: Platform
    package let providers: ProviderDesk
    package let joins: JoinDesk

    /// - Parameter transport: to providers of others.
    package init(platform: Platform, transport: any ProviderTransport) {
        self.platform = platform
        providers = ProviderDesk(platform: platform, transport: transport)
        joins = JoinDesk(platform: platform, transport: transport)
    }
}
