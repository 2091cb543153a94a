package node_test

import (
	"testing"

	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/node"
	"nvrd/federation/wire"
)

// Over whom an address leads is read from it, and nothing that can't be.
func TestRelayOf(t *testing.T) {
	id := peerOf(t, "anna").String()
	for at, want := range map[string]bool{
		"/ip4/203.0.113.7/udp/7667/quic-v1/p2p/" + id + "/p2p-circuit":                          true,
		"/ip4/203.0.113.7/tcp/7667/p2p/" + id + "/p2p-circuit/p2p/" + peerOf(t, "ben").String(): true,
		"/ip4/203.0.113.7/tcp/7667/p2p/" + id:                                                   false,
		"/ip4/203.0.113.7/tcp/7667/p2p-circuit":                                                 false,
		"/p2p-circuit":                                                                          false,
		"/p2p-circuit/p2p/" + id:                                                                false,
		"/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N/p2p-circuit":                       false, // a key that is no node's
	} {
		relay, ok := node.RelayOf(multiaddr.StringCast(at))
		if ok != want || ok && relay != wire.PublicKey(key("anna")) {
			t.Errorf("%s leads over %v, %v", at, relay, ok)
		}
	}
}
