// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A worker with a cache of its own, without any kernel in it, runs what the
// other command built; one that is killed in mid-cell is replaced.
func TestE2EMatrixOnWorkers(t *testing.T) {
	e2e(t)
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(10*time.Second))
	worker := func(name string) *command {
		cache := t.TempDir()
		require.NoError(t, os.Symlink(filepath.Join(userCache(), "qemu"), filepath.Join(cache, "qemu")))
		return kcovrig(t, []string{"KCOVRIG_CACHE=" + cache}, "worker", "--nats", s.ClientURL(), "--name", name, "--slots=1").start()
	}
	doomed := worker("doomed")
	c := kcovrig(t, nil, "matrix", matrixFile(t, threeCells), "--json", "--nats", s.ClientURL(), "--out", filepath.Join(t.TempDir(), "out")).start()
	doomed.until("qemu", "-machine")
	doomed.signal(syscall.SIGKILL)
	heir := worker("heir")
	require.Equal(t, 0, c.wait())
	n := c.nightly()
	assert.Equal(t, 3, n.Counts["asExpected"])
	assert.Equal(t, 0, n.Counts["notRun"])
	for _, cell := range n.Cells {
		assert.Equal(t, "heir", cell.Worker, cell.Cell.Name)
	}
	heir.signal(syscall.SIGINT)
	assert.Equal(t, 0, heir.wait(), "that is how a worker ends")
	heir.leavesNoProcess()
}
