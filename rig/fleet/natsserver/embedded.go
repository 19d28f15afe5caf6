// SPDX-License-Identifier: Apache-2.0

package natsserver

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"kcovrig/rig/fault"
)

// Embedded is a NATS server in this process. It opens no port: only
// connections of this process reach it.
type Embedded struct {
	server *server.Server
	once   sync.Once
}

// embeddedStart bounds the wait for the embedded server to be ready.
const embeddedStart = 20 * time.Second

// Start starts a server that keeps its streams below dir, which is made
// where it is missing and is for this server alone. ctx is for the start; Close
// ends the server, after all who use it.
func Start(ctx context.Context, dir string) (*Embedded, error) {
	const op = "start the embedded NATS server"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "kcovrig", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir,
	})
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	e := &Embedded{server: s}
	s.Start()
	stop := context.AfterFunc(ctx, e.shutdown)
	defer stop()
	if !s.ReadyForConnections(embeddedStart) || !s.JetStreamEnabled() {
		_ = e.Close()
		return nil, fault.Wrap(fault.Rig, op, errors.Join(ctx.Err(), errors.New("it does not come up with its streams in "+dir)))
	}
	return e, nil
}

func (e *Embedded) shutdown() {
	e.once.Do(func() {
		e.server.Shutdown()
		e.server.WaitForShutdown()
	})
}

// Close ends the server and waits for its end. Its folder stays.
func (e *Embedded) Close() error {
	e.shutdown()
	return nil
}
