// Package rtspsim is a camera made of software: an RTSP server that plays
// clips in a loop, and that serves on what is published to it. The
// demonstration, tests and benchmarks use it in place of cameras, so it can
// misbehave as they do. It is not meant for strangers' connections.
package rtspsim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
)

// Options say how a camera is built.
type Options struct {
	User, Password string // asked for if Password is not empty; the user must not be empty then
	DigestOnly     bool   // Basic is not offered
	TLS            bool   // speak RTSPS, with a certificate of its own making
	UDP            bool   // offer UDP besides TCP
	RefuseTCP      bool   // refuse to send RTP by TCP
	NoReports      bool   // send no RTCP sender reports
	// Speaker are the formats of the back-channel that each clip is offered with,
	// such as "PCMU/8000"; none means that there is no speaker.
	Speaker []string
	// RefuseRequire has it answer DESCRIBE that requires something with 551.
	RefuseRequire bool
}

// Trouble is how a path misbehaves. The zero value does not.
type Trouble struct {
	Status      int           // answer DESCRIBE with this status instead of 200
	Describe    string        // answer DESCRIBE with this text instead of a description
	Freeze      bool          // send nothing, but stay connected
	NoKeyFrames bool          // leave out key frames
	DropEvery   int           // leave out every n-th packet; 0 leaves out none
	DelaySound  time.Duration // sound arrives later than picture, with right timestamps
}

// Server is a simulated camera, or many: one for each path. Its methods may
// be called from any goroutine.
type Server struct {
	options   Options
	rtsp      *gortsplib.Server
	listener  net.Listener
	describes atomic.Int64
	refused   atomic.Int64
	speaker   speaker

	mu    sync.Mutex
	paths map[string]*path
	conns map[*gortsplib.ServerConn]struct{}
}

// Listen opens a server on a TCP address; port 0 picks one.
func Listen(address string, o Options) (*Server, error) {
	s := &Server{options: o, paths: make(map[string]*path), conns: make(map[*gortsplib.ServerConn]struct{})}
	var config *tls.Config
	var err error
	if o.TLS {
		if config, err = selfSigned(); err != nil {
			return nil, err
		}
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	for range 20 { // pairs of UDP ports are found by trying
		s.rtsp = &gortsplib.Server{
			Handler: (*handler)(s), RTSPAddress: address, TLSConfig: config,
			Listen: func(network, address string) (l net.Listener, err error) {
				s.listener, err = net.Listen(network, address)
				return s.listener, err
			},
			WriteQueueSize: 4096, // a key frame of 5 MB goes out at once
			// The library writes the fraction of an NTP timestamp as
			// nanoseconds; paths send reports that follow RFC 3550.
			DisableRTCPSenderReports: true,
		}
		if o.DigestOnly {
			s.rtsp.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodDigestMD5}
		}
		if o.UDP {
			if s.rtsp.UDPRTPAddress, s.rtsp.UDPRTCPAddress, err = udpPair(host); err != nil {
				return nil, err
			}
		}
		if err = s.rtsp.Start(); err == nil || !o.UDP {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Addr returns host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL returns the address of a path.
func (s *Server) URL(path string) string {
	scheme := "rtsp"
	if s.options.TLS {
		scheme = "rtsps"
	}
	return scheme + "://" + s.Addr() + "/" + path
}

// Close ends all connections and waits for everything to stop.
func (s *Server) Close() {
	s.mu.Lock()
	paths := s.paths
	s.paths = make(map[string]*path)
	s.mu.Unlock()
	for _, p := range paths {
		p.close()
	}
	s.rtsp.Close()
}

// Describes returns how often a stream was asked for, answered or not: a
// measure of log-ins.
func (s *Server) Describes() int { return int(s.describes.Load()) }

// Refused returns how many requests held a wrong password.
func (s *Server) Refused() int { return int(s.refused.Load()) }

// Disconnect breaks all connections, as a camera does that loses power.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// Play serves a clip under a path from now on, in a loop and in real time.
// Timestamps run on over the end of the clip. If the path plays another clip
// with the same codecs already, those who watch are given the new one in
// place; otherwise they are disconnected.
func (s *Server) Play(name string, c Clip) error {
	if len(c.packets) == 0 {
		return errors.New("the clip is empty")
	}
	s.mu.Lock()
	p := s.paths[name]
	s.mu.Unlock()
	if p != nil && p.swap(c) {
		return nil
	}
	next, err := newPath(s.rtsp, c, !s.options.NoReports, s.options.Speaker)
	if err != nil {
		return err
	}
	if p != nil {
		next.setTrouble(p.trouble())
	}
	s.replace(name, next)
	go next.run()
	return nil
}

// Trouble makes a path misbehave from now on.
func (s *Server) Trouble(name string, t Trouble) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.paths[name]
	if p == nil {
		return fmt.Errorf("nothing plays at %q", name)
	}
	p.setTrouble(t)
	return nil
}

// replace puts a path into its place; nil takes it away.
func (s *Server) replace(name string, next *path) {
	s.mu.Lock()
	last := s.paths[name]
	if s.paths[name] = next; next == nil {
		delete(s.paths, name)
	}
	s.mu.Unlock()
	if last != nil {
		last.close()
	}
}

// udpPair returns two addresses with neighboring ports, the first even.
func udpPair(host string) (rtp, rtcp string, err error) {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", "", err
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port &^ 1
	conn.Close()
	return net.JoinHostPort(host, fmt.Sprint(port)), net.JoinHostPort(host, fmt.Sprint(port+1)), nil
}

func selfSigned() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}
