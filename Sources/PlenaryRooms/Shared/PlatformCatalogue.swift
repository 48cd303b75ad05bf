package import PlenaryCore

/// The schemas of all resources: what an `include` with dots walks through.
package enum PlatformCatalogue {
    package static let schemas = SchemaCatalogue([
        CustomerResource.schema, PackageResource.schema, SubscriptionResource.schema, ServiceProvider.schema,
        AccountResource.schema, UserResource.schema, RoomResource.schema,
        WebhookResource.schema,
    ])
}
