package sponsor

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A gateway's key is made once, and nobody else reads it; one that is damaged is not
// replaced, since agencies know it.
func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	one, spki, err := Certificate(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(one.Leaf.RawSubjectPublicKeyInfo)
	if spki != hex.EncodeToString(sum[:]) || one.Leaf.Subject.String() != "" || len(one.Leaf.DNSNames)+len(one.Leaf.IPAddresses) > 0 {
		t.Errorf("it says %v, %s", one.Leaf.Subject, spki)
	}
	if _, again, err := Certificate(dir); err != nil || again != spki {
		t.Errorf("the next time it is %s, %v", again, err)
	}
	path := filepath.Join(dir, "gateway.pem")
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i.Mode(), err)
	}
	if _, other, err := Certificate(t.TempDir()); err != nil || other == spki {
		t.Errorf("another home's is %s, %v", other, err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rsa := "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	for name, text := range map[string]string{"nothing": "", "half": string(good[:len(good)/2]), "something else": "key", "no key": rsa} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Certificate(dir); err == nil || !strings.Contains(err.Error(), "remove it, and tell agencies of the new one") || !strings.Contains(err.Error(), path) {
			t.Errorf("with %s in it: %v", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("with %s in it: it is written over, %v", name, err)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, again, err := Certificate(dir); err != nil || again != spki {
		t.Errorf("put back it is %s, %v", again, err)
	}
	if _, _, err := Certificate(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a key that was not written down is used")
	}
}
