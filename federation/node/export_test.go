package node

import "github.com/libp2p/go-libp2p/core/host"

// Host returns the host, so that a test sees what it serves.
func (n *Node) Host() host.Host { return n.host }

// Backlog is how much may wait for a node.
const Backlog = backlog
