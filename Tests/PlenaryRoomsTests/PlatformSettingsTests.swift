import PlenaryRooms
import Testing

@Suite struct PlatformSettingsTests {
    @Test func `the address of the platform is the one that was set`() {
        #expect(PlatformSettings(publicURL: "https://rooms.example").publicURL == "https://rooms.example")
    }
}
