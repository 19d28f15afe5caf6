// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/digitalocean/go-qemu/qmp"

	"kcovrig/rig/host"
)

// qmpTime bounds each call: go-qemu's take no context and have no deadline. A QEMU that has
// a hundredth of a processor needs many seconds. Tests shorten it.
var qmpTime = 60 * time.Second

// monitor is the QMP connection: one command at a time, each with a deadline.
// Events are taken out on the way from QEMU to go-qemu, by a relay: go-qemu's
// replies alias the buffer into which it reads on, so that an event behind a
// reply would garble it, and an undrained event would block the replies.
type monitor struct {
	qemu   net.Conn // to QEMU
	client net.Conn // to go-qemu
	socket *qmp.SocketMonitor
	kill   func() // ends QEMU
	turn   sync.Mutex
	relays sync.WaitGroup

	last     chan struct{} // closed when QEMU has closed the connection
	mu       sync.Mutex
	shutdown string // reason of the SHUTDOWN event; empty: none came
	panicked bool   // GUEST_PANICKED came
}

var errGone = errors.New("QEMU has ended")

// dialMonitor connects to QEMU's socket, which appears soon after its start,
// and gives up when gone is closed: QEMU has ended. kill ends QEMU.
func dialMonitor(ctx context.Context, path string, gone <-chan struct{}, kill func()) (*monitor, error) {
	ctx, cancel := context.WithTimeout(ctx, qmpTime)
	defer cancel()
	for {
		conn, err := net.Dial("unix", path)
		if err == nil {
			return newMonitor(ctx, conn, path+"-relay", kill)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to QMP: %w (%w)", ctx.Err(), err)
		case <-gone:
			return nil, errGone
		case <-time.After(time.Millisecond):
		}
	}
}

// newMonitor puts the relay, at path, between conn and go-qemu.
func newMonitor(ctx context.Context, conn net.Conn, path string, kill func()) (*monitor, error) {
	m := &monitor{qemu: conn, kill: kill, last: make(chan struct{})}
	listener, err := net.Listen("unix", path)
	if err != nil {
		conn.Close()
		return nil, err
	}
	defer listener.Close()
	if m.socket, err = qmp.NewSocketMonitor("unix", path, qmpTime); err != nil {
		conn.Close()
		return nil, err
	}
	if m.client, err = listener.Accept(); err != nil {
		conn.Close()
		_ = m.socket.Disconnect()
		return nil, err
	}
	m.relays.Go(m.relayReplies)
	m.relays.Go(func() { _, _ = io.Copy(m.qemu, m.client) })
	if err := m.guard(ctx, "connect to QMP", m.socket.Connect); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// maxMessage is how long a message of QEMU's is at most, in bytes: a guest may have taken it over.
const maxMessage = 1 << 20

// bounded reads so much and no more, until it is given more.
type bounded struct {
	io.Reader
	left int
}

func (b *bounded) Read(to []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("a message of QMP is too long")
	}
	n, err := b.Reader.Read(to[:min(len(to), b.left)])
	b.left -= n
	return n, err
}

// relayReplies passes replies on and notes events, until QEMU is gone.
func (m *monitor) relayReplies() {
	defer m.client.Close()
	defer close(m.last)
	from := &bounded{Reader: m.qemu}
	messages := json.NewDecoder(from)
	for {
		var raw json.RawMessage
		from.left = maxMessage
		if err := messages.Decode(&raw); err != nil {
			_ = m.qemu.Close() // of one that says no more that is read
			return
		}
		var event qmp.Event
		if err := json.Unmarshal(raw, &event); err == nil && event.Event != "" {
			m.note(event)
			continue
		}
		// A failed write means that go-qemu is gone; events are noted all the same.
		_, _ = m.client.Write(append(raw, '\n'))
	}
}

func (m *monitor) note(e qmp.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e.Event {
	case "SHUTDOWN":
		m.shutdown, _ = e.Data["reason"].(string)
	case "GUEST_PANICKED":
		m.panicked = true
	}
}

// reason is the SHUTDOWN event's, and whether the guest was said to have
// panicked. To be asked when QEMU has ended: it waits for the last event.
func (m *monitor) reason() (shutdown string, panicked bool) {
	<-m.last
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shutdown, m.panicked
}

// run executes a command without arguments.
func (m *monitor) run(ctx context.Context, command string) error {
	line, err := json.Marshal(qmp.Command{Execute: command})
	if err != nil {
		return err
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.guard(ctx, "QMP "+command, func() error {
		_, err := m.socket.Run(line)
		return err
	})
}

// guard gives call a deadline. A call that misses it is ended by killing QEMU:
// a machine that cannot be driven is of no use, and closing go-qemu's
// connection under a running Connect would race with it.
func (m *monitor) guard(ctx context.Context, op string, call func() error) error {
	patience := host.NewPatience(qmpTime, nil)
	defer patience.Close()
	done := make(chan error, 1)
	go func() { done <- call() }()
	err := m.await(ctx, done, patience)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// await kills QEMU where the call takes too long, or ctx ends.
func (m *monitor) await(ctx context.Context, done <-chan error, patience *host.Patience) error {
	for {
		cause := context.DeadlineExceeded
		select {
		case err := <-done:
			return err
		case <-patience.Looks:
			if !patience.Over() {
				continue
			}
		case <-ctx.Done():
			cause = ctx.Err()
		}
		m.kill()
		if <-done == nil {
			return nil
		}
		return cause
	}
}

// close ends the connection and the relay. No call may run.
func (m *monitor) close() {
	_ = m.qemu.Close()
	_ = m.client.Close()
	_ = m.socket.Disconnect()
	m.relays.Wait()
}
