// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"kcovrig/guest/wire"
)

// errDies is why a guest's work ends that is to say no more.
var errDies = errors.New("the guest dies")

// stream is a guest's end of a connection, which may be cut before the last record.
type stream struct {
	net.Conn
	sent  chan struct{} // closed after the first progress; nil: nobody asks
	first sync.Once
	ended atomic.Bool
}

// cut has the stream end once what was said before has gone out, with no Done and no
// Fault.
func (s *stream) cut() error {
	s.ended.Store(true)
	return errDies
}

// Write sends one record.
func (s *stream) Write(line []byte) (int, error) {
	r, err := wire.NewDecoder(bytes.NewReader(line)).Decode()
	if err != nil {
		return 0, err
	}
	if s.ended.Load() && (r.Done != nil || r.Fault != nil) {
		return 0, net.ErrClosed
	}
	n, err := s.Conn.Write(line)
	if err == nil && r.Progress != nil && s.sent != nil {
		s.first.Do(func() { close(s.sent) })
	}
	return n, err
}
