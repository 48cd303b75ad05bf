internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Servers that were taken out of the fleet while this process served: our hooks there are taken away, or they would go on
/// telling us what nobody wants to hear.
///
/// The command that removes a server runs in another process and knows nothing of hooks; this one hears of it by the roster,
/// in which the server is no more. So what it was is remembered here.
struct RemovedServers {
    private var known: [ServerID: Server] = [:]
    private var left: [Server] = []

    /// Takes in the servers as they are configured now.
    mutating func follow(_ servers: [Server]) {
        var present: [ServerID: Server] = [:]
        for server in servers { present[server.id] = server }
        left += known.values.filter { present[$0.id] == nil }.sorted { $0.id < $1.id }
        known = present
    }

    /// Those that left since this was asked before.
    mutating func take() -> [Server] {
        defer { left = [] }
        return left
    }
}

extension Fleet {
    /// Takes our hooks away from servers that left the fleet. It is tried once: a server that is dead has none to fire, and one
    /// that cannot reach us deletes them by itself (`bbb-api.md` 11.5).
    package func leaveRemovedServers() async {
        let servers = withState { $0.removedServers.take() }
        await withTaskGroup(of: Void.self) { group in
            for server in servers {
                group.addTask {
                    // Behind whoever looks after our hooks there in this moment.
                    await self.hookCare.pass(server.id) { await self.withdrawHooks(from: server) }
                }
            }
        }
    }

    private func withdrawHooks(from server: Server) async {
        // Whatever their key is: the number of a server is never used again, and the base URL is ours.
        let ours = "\(settings.callbacksURL)/callbacks/hook/\(server.id)/"
        guard let list = await askRemoved(server, .hooksList) else { return }
        let ids = (list.root.child("hooks")?.children ?? []).filter {
            $0.text(of: "callbackURL")?.hasPrefix(ours) == true
        }.compactMap { $0.text(of: "hookID") }
        var withdrawn = 0
        for id in ids {
            if await askRemoved(server, .hooksDestroy, ["hookID": id]) != nil { withdrawn += 1 }
        }
        guard !ids.isEmpty else { return }
        Logger.current.info(
            "hooks at a removed server are taken away",
            metadata: ["server.name": "\(server.name)", "hooks": "\(ids.count)", "hooks.gone": "\(withdrawn)"])
    }

    /// Past the health of servers: it is none of the fleet any more.
    private func askRemoved(_ server: Server, _ call: CallName, _ parameters: Parameters = [:]) async -> Reply? {
        let request = server.endpoint.request(call, parameters, algorithm: .sha1, longestQuery: .max)
        do {
            let answer = try await transport.send(request, deadline: settings.readDeadline)
            guard answer.status == 200 else { return nil }
            let reply = try Reply(answer.body, limits: settings.reply)
            return reply.isSuccess ? reply : nil
        } catch {
            // It is down, or has no web hooks: then there is nothing to do.
            return nil
        }
    }
}
