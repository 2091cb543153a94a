package node

import (
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

// Host returns the host, so that a test sees what it serves.
func (n *Node) Host() host.Host { return n.host }

// RelayOf reads over whom an address leads.
var RelayOf = relayOf

// Backlog is how much may wait for a node.
const Backlog = backlog

// Meet is what happens when a node is found in the home's own network.
func (n *Node) Meet(node wire.Key, at ...multiaddr.Multiaddr) bool { return n.book.meet(node, at) }

// Crossed is from when on who dials anew has forgotten.
const Crossed = crossed
