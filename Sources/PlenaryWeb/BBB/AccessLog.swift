internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// One line a request: which call or route, how it ended, how long it took. Never the query: it opens meetings.
struct AccessLog<Context: RequestContext>: RouterMiddleware {
    let uptime: @Sendable () -> Duration

    func handle(_ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response)
        async throws -> Response
    {
        let began = uptime()
        let call = BBBTarget(request.head.path ?? "").call
        func log(_ status: Int) {
            Logger.current.info(
                "request",
                metadata: [
                    "http.request.method": "\(request.method)",
                    "http.route": "\(call.map { "bbb/" + BBBTarget.label($0) } ?? context.endpointPath ?? "none")",
                    "http.response.status_code": "\(status)",
                    "duration.ms": "\((uptime() - began) / .milliseconds(1))",
                ])
        }
        do {
            let response = try await next(request, context)
            log(response.status.code)
            return response
        } catch {
            log((error as? any HTTPResponseError)?.status.code ?? 500)
            throw error
        }
    }
}

/// Errors that nobody foresaw become a plain 500 that tells nothing, and a log line that tells all.
struct LastResort<Context: RequestContext>: RouterMiddleware {
    func handle(_ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response)
        async throws -> Response
    {
        do { return try await next(request, context) } catch let error as any HTTPResponseError {
            throw error
        } catch {
            Logger.current.error("a request failed", metadata: ["error.chain": "\(error)"])
            return Response(status: .internalServerError)
        }
    }
}
