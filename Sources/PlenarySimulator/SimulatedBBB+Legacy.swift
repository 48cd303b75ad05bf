internal import BigBlueButton

/// The configuration of the Flash client, which servers up to 2.3 give and take (`bbb-api.md` 8).
extension SimulatedBBB {
    func getDefaultConfigXML(_ call: Call) throws(Refusal) -> SimulatedResponse {
        guard call.signer(among: [secret], policy: policy) != nil else { throw Self.wrongChecksum(of: call.name) }
        return .xml(Array(configXML.utf8))
    }

    /// Checked in the order of the specification: the checksum last, and everything that was sent is in it.
    mutating func setConfigXML(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let given = call.parameters
        guard let checksum = given.filled("checksum") else { throw Self.wrongChecksum(of: .getDefaultConfigXML) }
        guard let encoded = given.nonEmpty("configXML") else {
            throw Refusal("configXMLError", "You did not pass a config XML")
        }
        guard let id = given.filled("meetingID") else {
            throw Refusal(.missingParamMeetingID, "You must specify a meeting ID for the meeting.")
        }
        guard let position = position(of: id) else {
            throw Refusal(
                .invalidMeetingIdentifier, "The meeting ID that you supplied did not match any existing meetings")
        }
        guard let xml = FormCoding.decode(encoded) else {
            throw Refusal("configXMLError", "Cannot decode config XML")
        }
        guard let received = Checksum(hex: checksum), received.matches(configChecksum(of: given)) else {
            throw Self.wrongChecksum(of: call.name)
        }
        let config = SimulatedConfig(
            token: random.word(16, from: .lowercase), xml: xml,
            isDefault: given["defaultConfig"]?.lowercased() == "true")
        meetings[position].configs.append(config)
        return .xml(XMLWriter.response(.success) { $0.element("configToken", config.token) })
    }

    /// SHA-1 over the parameters of query and form, sorted by name, their values encoded anew in Java's way.
    private func configChecksum(of given: Parameters) -> Checksum {
        let signed = given.all.filter { $0.name != "checksum" }
            .sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
            .map { "\($0.name)=\(FormCoding.encode($0.value, style: .java))" }.joined(separator: "&")
        return Checksum(.setConfigXML, query: signed, secret: secret, algorithm: .sha1)
    }

    /// A small one. It names the server in every way in which a real one does.
    private var configXML: String {
        """
        <?xml version="1.0" ?>
        <config>
        <localeversion suppressWarning="false">0.9.0</localeversion>
        <version>VERSION</version>
        <help url="\(root)/help.html"/>
        <porttest host="\(url.host)" application="video/portTest" timeout="10000"/>
        <bwMon server="\(url.host)" application="video/bwTest"/>
        <application uri="rtmp://\(url.authority)/bigbluebutton" host="\(root)/bigbluebutton/api/enter"/>
        <language userSelectionEnabled="true"/>
        <skinning url="\(root)/client/branding/css/BBBDefault.css.swf"/>
        <modules>
        <module name="ChatModule" url="\(root)/client/ChatModule.swf" uri="rtmp://\(url.authority)/bigbluebutton"/>
        </modules>
        </config>

        """
    }
}

/// What `setConfigXML` left with a meeting.
package struct SimulatedConfig: Sendable, Hashable {
    /// What a join names it by.
    package let token: String
    package let xml: String
    /// For all who join without a token.
    package let isDefault: Bool
}
