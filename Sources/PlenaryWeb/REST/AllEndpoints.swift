internal import Hummingbird
internal import PlenaryFleet
internal import PlenaryRooms

/// Every endpoint of the REST API, group by group.
func allEndpoints(_ services: PlatformServices, doors: JoinLimits = JoinLimits(perMinute: 60)) -> [EndpointGroup] {
    let platform = services.platform
    let groups = [
        CustomerRoutes.group(platform),
        PackageRoutes.group(platform),
        SubscriptionRoutes.group(platform),
        FeatureRoutes.group(platform),
        JoinRoutes.group(services, doors: doors),
        ProviderRoutes.group(services),
        AccountRoutes.group(platform),
        UserRoutes.group(platform),
        APIKeyRoutes.group(platform),
        AdminRoutes.group(platform),
        IntegrationAPIRoutes.group(platform),
        RoomRoutes.group(services), RoomTokenRoutes.group(platform), RoomCodeRoutes.group(platform),
        RoomUserRoutes.group(platform), RoomSessionRoutes.group(services),
        SetupLinkRoutes.group(services),
        RoomStatusStream.group(services), RoomBulkRoutes.group(services), RecordingRoutes.group(services),
        PresentationRoutes.group(platform), InvitationRoutes.group(platform), RoomAuditRoutes.group(platform),
        HealthRoutes.group(version: platform.fleet.settings.identity.version),
        WebhookRoutes.group(platform),
    ]
    return groups + [
        ReferenceRoutes.group(platform, with: groups, version: platform.fleet.settings.identity.version)
    ]
}

/// What is below the API and no endpoint is told so in its form.
struct UnknownEndpoints: RouterMiddleware {
    let api: RESTAPI

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let error as HTTPError where error.status == .notFound {
            let path = APITarget(request.head.path ?? "").path
            guard path == RESTAPI.base || path.hasPrefix("\(RESTAPI.base)/") else { throw error }
            return await api.respondUnknown(request, context)
        }
    }
}
