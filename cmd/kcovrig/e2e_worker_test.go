// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// queueServer is a NATS server on loopback, and gives workers for it, each with
// a cache of its own, of which only QEMU is this machine's.
func queueServer(t *testing.T) (url string, newWorker func(name string) *invocation) {
	t.Helper()
	e2e(t)
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(10*time.Second))
	return s.ClientURL(), func(name string) *invocation {
		cache := t.TempDir()
		require.NoError(t, os.Symlink(filepath.Join(userCache(), "qemu"), filepath.Join(cache, "qemu")))
		return kcovrig(t, []string{"KCOVRIG_CACHE=" + cache}, "worker", "--nats", s.ClientURL(), "--name", name, "--slots=1")
	}
}

// A worker without any kernel runs what the other command built; one that is
// killed in mid-cell is replaced.
func TestE2EMatrixOnWorkers(t *testing.T) {
	url, newWorker := queueServer(t)
	killed := newWorker("killed").start()
	out := filepath.Join(t.TempDir(), "out")
	c := kcovrig(t, nil, "matrix", matrixFile(t, threeCells), "--json", "--nats", url, "--out", out).start()
	killed.until("qemu", "-machine")
	killed.signal(syscall.SIGKILL)
	successor := newWorker("successor")
	successor.env = append(successor.env, drawing...)
	successor.onTerminal(100)
	successor.start()
	require.Equal(t, 0, c.wait())
	n := c.matrix()
	assert.Equal(t, 3, n.Counts["asExpected"])
	assert.Equal(t, 0, n.Counts["notRun"])
	for _, cell := range n.Cells {
		assert.Equal(t, "successor", cell.Worker, cell.Cell.Name)
	}
	patches, err := filepath.Glob(filepath.Join(out, n.Cells[0].Folder, "*", "made-by.patch"))
	require.NoError(t, err)
	require.Len(t, patches, 1, "it came along")
	text, err := os.ReadFile(patches[0])
	require.NoError(t, err)
	assert.Contains(t, string(text), "kernel/kcov.c")
	successor.signal(syscall.SIGINT)
	assert.Equal(t, 0, successor.wait(), "that is how a worker ends")
	successor.untilEnd("> arm64/", "boot", "cell ", "worker successor has ended: it ran 3 cells and steps, 0 of which failed", "\nfolder  file:///", "\nnext    the same command again")
	successor.leavesNoProcess()
}

// What makes a kcovrig whose own emulator does not compile.
const (
	plugin = "rig/internal/weakmem/plugin/drain.c"
	worse  = "#error \"the worker's own\"\n"
)

// A worker whose own emulator is another one, which does not even compile, runs its
// cells with the coordinator's.
func TestE2EWorkerWithAnotherEmulator(t *testing.T) {
	url, newWorker := queueServer(t)
	other := newWorker("other")
	other.path = kcovrigWith(t, plugin, worse)
	other.start()
	text := "include: [{patch: series}]\n"
	out := filepath.Join(t.TempDir(), "out")
	there := kcovrig(t, nil, "matrix", matrixFile(t, text), "--json", "--nats", url, "--out", out).run(0).matrix()
	require.Len(t, there.Cells, 1)
	assert.Equal(t, "other", there.Cells[0].Worker)
	assert.Equal(t, "fixed", there.Cells[0].Outcome)
	ran := func(folder string) string {
		text, err := os.ReadFile(filepath.Join(folder, "result.json"))
		require.NoError(t, err)
		var run struct{ Setup struct{ Plugin string } }
		require.NoError(t, json.Unmarshal(text, &run))
		return run.Setup.Plugin
	}
	own := filepath.Join(t.TempDir(), "own")
	here := kcovrig(t, nil, "matrix", matrixFile(t, text), "--json", "--out", own).run(0).matrix()
	assert.Equal(t, ran(filepath.Join(own, here.Cells[0].Folder)), ran(filepath.Join(out, there.Cells[0].Folder)))
	other.signal(syscall.SIGINT)
	assert.Equal(t, 0, other.wait())
}

// kcovrigWith builds a kcovrig of which one file has more text.
func kcovrigWith(t *testing.T, file, more string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", "..", file))
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	dir := t.TempDir()
	aside := filepath.Join(dir, filepath.Base(file))
	require.NoError(t, os.WriteFile(aside, append(text, more...), 0o600))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: aside}})
	require.NoError(t, err)
	list, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "kcovrig")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))
	said, err := exec.Command("go", "build", "-overlay", list, "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", said)
	return program
}

// A worker builds and boots the commits of a real history that came to it over
// the network, as did the emulator; what it kept is where a search on this machine keeps
// it. Of the four commits 14 to 17, git asks first for the one that does not boot.
// Each is tested itself. Two at once are tested without a kernel, since each has
// its whole build: TestBisectFindsWhatBrokeIt.
func TestE2EBisectOnWorkers(t *testing.T) {
	url, newWorker := queueServer(t)
	args := search(t, "removed-17", 13, 17, "--paranoid")
	w := newWorker("builder")
	w.path = kcovrigWith(t, plugin, worse)
	w.start()
	doc := kcovrig(t, nil, append(args, "--nats="+url, "--json")...).run(exitOK).object()
	assert.Equal(t, "found", doc["outcome"])
	assert.Equal(t, commitAt(t, bisectRepository(t), "removed-17", 17), doc["first"].([]any)[0].(map[string]any)["hash"])
	found := steps(t, "removed-17", doc)
	for n, want := range map[int]string{13: "clean", 15: "inconclusive", 16: "clean", 17: "hit"} {
		require.Contains(t, found, n)
		assert.Equal(t, want, found[n]["finding"], "commit %d", n)
		assert.NotContains(t, found[n], "sameAs")
		if n != 15 {
			assert.FileExists(t, filepath.Join(found[n]["folder"].(string), "result.json"))
		}
	}
	assert.Equal(t, "kernel", found[15]["whose"])
	kcovrig(t, nil, append(args, "--reset")...).run(exitOK)
	w.signal(syscall.SIGINT)
	assert.Equal(t, 0, w.wait())
	w.leavesNoProcess()
}
