/// The use cases of the platform, put together: what the web and the services work with.
package struct PlatformServices: Sendable {
    package let platform: Platform
    package let providers: ProviderDesk
    package let joins: JoinDesk
    package let signIn: SignIn

    /// - Parameters:
    ///   - transport: to providers of others.
    ///   - passwords: how they are hashed.
    ///   - threads: where.
    package init(
        platform: Platform, transport: any ProviderTransport, passwords: Passwords.Settings = Passwords.Settings(),
        threads: PasswordThreads = .concurrent
    ) {
        signIn = SignIn(
            store: platform.store,
            passwords: Passwords(settings: passwords, time: platform.time, threads: threads), time: platform.time)
        self.platform = platform
        providers = ProviderDesk(platform: platform, transport: transport)
        joins = JoinDesk(platform: platform, transport: transport)
    }
}
