// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

// qmpTime bounds each call: go-qemu's take no context and have no deadline.
const qmpTime = 10 * time.Second

// monitor is the QMP connection. One command at a time, each with a deadline;
// events are always drained, since an undrained one blocks the replies.
type monitor struct {
	socket  *qmp.SocketMonitor
	kill    func() // ends QEMU
	turn    sync.Mutex
	drained sync.WaitGroup

	last     chan struct{} // closed after the SHUTDOWN event, or at the stream's end
	mu       sync.Mutex
	shutdown string // reason of the SHUTDOWN event; empty: none came
	panicked bool   // GUEST_PANICKED came
}

// dialMonitor connects to QEMU's socket, which appears soon after its start,
// and gives up when gone is closed: QEMU has ended. kill ends QEMU.
func dialMonitor(ctx context.Context, path string, gone <-chan struct{}, kill func()) (*monitor, error) {
	ctx, cancel := context.WithTimeout(ctx, qmpTime)
	defer cancel()
	for {
		socket, err := qmp.NewSocketMonitor("unix", path, qmpTime)
		if err == nil {
			m := &monitor{socket: socket, kill: kill, last: make(chan struct{})}
			return m, m.connect(ctx)
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

var errGone = errors.New("QEMU has ended")

func (m *monitor) connect(ctx context.Context) error {
	err := m.guard(ctx, "connect to QMP", func() error {
		if err := m.socket.Connect(); err != nil {
			return err
		}
		events, err := m.socket.Events(ctx)
		if err != nil {
			return err
		}
		m.drained.Go(func() {
			var once sync.Once
			end := func() { close(m.last) }
			defer once.Do(end)
			for e := range events {
				m.note(e)
				if e.Event == "SHUTDOWN" {
					once.Do(end)
				}
			}
		})
		return nil
	})
	if err != nil {
		m.close()
	}
	return err
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

// lastEvents bounds the wait for events that QEMU sent before it ended. The
// stream's own end is no sign to wait for: after a read error go-qemu's
// listener keeps it open until Disconnect, which drops what is unread.
const lastEvents = 500 * time.Millisecond

// reason is the SHUTDOWN event's, and whether the guest was said to have
// panicked. To be asked when QEMU has ended.
func (m *monitor) reason() (shutdown string, panicked bool) {
	timer := time.NewTimer(lastEvents)
	defer timer.Stop()
	select {
	case <-m.last:
	case <-timer.C:
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shutdown, m.panicked
}

// run executes a command without arguments. go-qemu's reply aliases a buffer
// that the next event may overwrite, so a reply that cannot be read still means
// that the command was taken, or that QEMU has ended: the process tells which.
func (m *monitor) run(ctx context.Context, command string) error {
	line, err := json.Marshal(qmp.Command{Execute: command})
	if err != nil {
		return err
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.guard(ctx, "QMP "+command, func() error {
		_, err := m.socket.Run(line)
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			return nil
		}
		return err
	})
}

// guard gives call a deadline. A call that misses it is ended by killing QEMU:
// a machine that cannot be driven is of no use, and closing go-qemu's
// connection under a running Connect would race with it.
func (m *monitor) guard(ctx context.Context, op string, call func() error) error {
	ctx, cancel := context.WithTimeout(ctx, qmpTime)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		return nil
	case <-ctx.Done():
		m.kill()
		<-done
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
}

// close ends the connection and the goroutine that drains it. No call may run.
func (m *monitor) close() {
	_ = m.socket.Disconnect()
	m.drained.Wait()
}
