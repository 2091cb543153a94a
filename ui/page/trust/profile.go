package trust

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
)

// Profile returns a configuration profile with the authority, by which iPhones
// and Macs take it (Apple's Device Management, payload com.apple.security.root).
// It is the same each time, so that a second one replaces the first.
func Profile(a Authority) []byte {
	id := func(part string) string {
		sum := sha256.Sum256(append(a.DER(), part...))
		return fmt.Sprintf("%X-%X-%X-%X-%X", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	}
	var name bytes.Buffer
	_ = xml.EscapeText(&name, []byte(a.Name())) // memory takes it all
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>PayloadContent</key>
	<array>
		<dict>
			<key>PayloadCertificateFileName</key><string>stoop-home.crt</string>
			<key>PayloadContent</key><data>%[2]s</data>
			<key>PayloadDisplayName</key><string>%[1]s</string>
			<key>PayloadIdentifier</key><string>stoop.authority.%[3]s</string>
			<key>PayloadType</key><string>com.apple.security.root</string>
			<key>PayloadUUID</key><string>%[3]s</string>
			<key>PayloadVersion</key><integer>1</integer>
		</dict>
	</array>
	<key>PayloadDisplayName</key><string>%[1]s</string>
	<key>PayloadIdentifier</key><string>stoop.%[4]s</string>
	<key>PayloadRemovalDisallowed</key><false/>
	<key>PayloadType</key><string>Configuration</string>
	<key>PayloadUUID</key><string>%[4]s</string>
	<key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
`, &name, base64.StdEncoding.EncodeToString(a.DER()), id("authority"), id("profile"))
}
