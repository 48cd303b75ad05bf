internal import Hummingbird
internal import PlenaryFleet

/// `/livez`: the process answers. `/readyz`: it can serve, each server having been looked at once. A server that is down, or
/// all of them, never makes this process unready.
func addProbes(to router: Router<some RequestContext>, fleet: Fleet) {
    for path: RouterPath in ["livez", "healthz"] { router.get(path) { _, _ in "ok\n" } }
    router.get("readyz") { _, _ -> Response in
        guard fleet.hasLookedAround else {
            return Response(
                status: .serviceUnavailable, body: .init(byteBuffer: .init(string: "servers were not looked at yet\n")))
        }
        return Response(status: .ok, body: .init(byteBuffer: .init(string: "ready\n")))
    }
}
