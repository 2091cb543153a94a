package wire

import "testing"

// A file has as many chunks as its content had, and no other lengths are files.
func TestChunksOf(t *testing.T) {
	n := uint32(1) // bytes that are sealed
	for length := range Sealed(MaxClip) + 2*SealedChunk {
		want := 0
		if n <= MaxClip && length == Sealed(n) {
			want = int((n + ChunkLen - 1) / ChunkLen)
			n++
		}
		if got := ChunksOf(length); got != want {
			t.Fatalf("%d bytes are %d chunks, want %d", length, got, want)
		}
	}
	if n != MaxClip+1 {
		t.Errorf("%d lengths are files", n-1)
	}
	if got := ChunksOf(1<<32 - 1); got != 0 {
		t.Errorf("4 GiB are %d chunks", got)
	}
}

// Whatever is told of a file is part of its address.
func TestAddress(t *testing.T) {
	a, b := hashOf("a"), hashOf("b")
	seen := map[Hash]string{}
	for name, address := range map[string]Hash{
		"two chunks":      Address(2*SealedChunk, []Hash{a, b}),
		"the other order": Address(2*SealedChunk, []Hash{b, a}),
		"one byte less":   Address(2*SealedChunk-1, []Hash{a, b}),
		"one chunk":       Address(SealedChunk, []Hash{a}),
		"none":            Address(0, nil),
	} {
		if other := seen[address]; other != "" {
			t.Errorf("%s has the address of %s", name, other)
		}
		seen[address] = name
	}
}
