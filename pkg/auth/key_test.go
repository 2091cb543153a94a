package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

const secret = "correct horse battery staple"

func TestReadAccessKey(t *testing.T) {
	tests := []struct{ file, key string }{ // an empty key: refused
		{secret, secret},
		{"\n  " + secret + " \r\n", secret},
		{"sechzehnzeichenü", "sechzehnzeichenü"},
		{"", ""},
		{"fifteen letters", ""},
		{"   short      \n            ", ""},
		{"two lines of text\nare not a key", ""},
		{secret + "\xff", ""},
		{strings.Repeat("x", maxKeyFile+1), ""},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := ReadAccessKey(path)
		if test.key == "" {
			if !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), path) {
				t.Errorf("%.40q: %v", test.file, err)
			}
			continue
		}
		if err != nil || !key.Is(test.key) || key.Is(test.key+" ") || key.Is("") || key.Is(test.key[1:]) {
			t.Errorf("%.40q: %v", test.file, err)
		}
		if text := fmt.Sprintf("%v %+v %#v %s", key, key, key, key); strings.Contains(text, test.key) {
			t.Errorf("the key is printed: %s", text)
		}
	}
	if _, err := ReadAccessKey(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
