// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/boot"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

const theirs = "/* the coordinator's */\n"

// packAnother is weakmem.Bundled of a kcovrig with other sources and another policy.
func packAnother(path string) (weakmem.Bundle, error) {
	packed, err := weakmem.Sources{}.Pack()
	if err != nil {
		return weakmem.Bundle{}, err
	}
	var out bytes.Buffer
	in, w := tar.NewReader(bytes.NewReader(packed)), tar.NewWriter(&out)
	for h, err := in.Next(); err == nil; h, err = in.Next() {
		text, _ := io.ReadAll(in)
		if h.Name == "drain.c" {
			text = append(text, theirs...)
		}
		h.Size = int64(len(text))
		_ = w.WriteHeader(h)
		_, _ = w.Write(text)
	}
	_ = w.Close()
	policy := weakmem.DefaultPolicy()
	policy.Active = 123
	return weakmem.Bundle{Path: path, SHA256: disk.Sum(out.Bytes()), Policy: policy}, os.WriteFile(path, out.Bytes(), 0o600)
}

// compilingWorkers are backends that compile the emulator for real, but for the
// compiler, whose product is what it was to compile. plugins are their texts.
func compilingWorkers(t *testing.T, url string, names ...string) (plugins func() []string) {
	t.Helper()
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "cc"), []byte("#!/bin/sh\nexec cat *.c >weakmem.so\n"), 0o755))
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	var mu sync.Mutex
	var texts []string
	for _, name := range names {
		startWorkerWith(t, url, name, rigtest.Guest{HitEvery: 2}, func(b *boot.Tools) {
			b.Plugin = func(ctx context.Context, cfg weakmem.Config) (weakmem.Plugin, error) {
				p, err := weakmem.Prepare(ctx, cfg)
				if err != nil {
					return p, err
				}
				text, err := os.ReadFile(p.Path)
				mu.Lock()
				defer mu.Unlock()
				texts = append(texts, string(text))
				return p, err
			}
		})
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return texts
	}
}

func TestCellsRunWithTheCoordinatorsEmulator(t *testing.T) {
	url := rigtest.NATS(t)
	plugins := compilingWorkers(t, url, "w1", "w2")
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "duration: 100ms\n"+small) // no emulator, no verdict to wait for
	n.cfg.Server.URL, n.cfg.Boots.Start, n.cfg.pack = url, nil, packAnother
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	require.Equal(t, 6, doc.Counts.Cells-doc.Counts.RigFaults, "%v", statuses(doc))
	require.NotEmpty(t, plugins())
	for _, text := range plugins() {
		assert.True(t, strings.Contains(text, theirs), "another was compiled")
	}
	ours, err := weakmem.Sources{}.Name(7, nil)
	require.NoError(t, err)
	sent, err := packAnother(filepath.Join(t.TempDir(), "x"))
	require.NoError(t, err)
	sources, err := sent.Sources()
	require.NoError(t, err)
	another, err := sources.Name(7, nil)
	require.NoError(t, err)
	require.NotEqual(t, ours, another)
	for _, r := range doc.Cells {
		folder := filepath.Join(dir, r.Folder)
		run, err := result.Load(folder)
		require.NoError(t, err)
		assert.Equal(t, another, run.Document.Provenance.Plugin, "the result names what ran")
		assert.EqualValues(t, 123, run.Document.Provenance.Policy["active"])
		plans, err := filepath.Glob(filepath.Join(folder, "*", "emulator.plan"))
		require.NoError(t, err)
		require.NotEmpty(t, plans)
		for _, plan := range plans {
			text, err := os.ReadFile(plan)
			require.NoError(t, err)
			assert.Contains(t, string(text), "set active 123\n")
		}
	}
}

func TestTheEmulatorIsStoredOnceAndOnlyAsItWasSent(t *testing.T) {
	url := rigtest.NATS(t)
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: [both, pc]}\n")
	n.cfg.Server.URL, n.cfg.Boots.Start, n.cfg.Retries = url, nil, 2
	var doc matrix.Document
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		doc, _, err = Run(t.Context(), n.cfg)
	}()
	nc, connErr := nats.Connect(url)
	require.NoError(t, connErr)
	defer nc.Close()
	js, connErr := jetstream.New(nc)
	require.NoError(t, connErr)
	require.Eventually(t, func() bool {
		s, err := js.Stream(t.Context(), "KCOVRIG_TASKS")
		return err == nil && s.CachedInfo().State.Msgs == 2
	}, 20*time.Second, 20*time.Millisecond)
	store, connErr := js.ObjectStore(t.Context(), "kcovrig-artifacts")
	require.NoError(t, connErr)
	objects, connErr := store.List(t.Context())
	require.NoError(t, connErr)
	hash := ""
	for _, o := range objects {
		if o.Description == task.EmulatorFile {
			require.Empty(t, hash, "it is stored once")
			hash = o.Name
		}
	}
	require.NotEmpty(t, hash)
	evil, connErr := packAnother(filepath.Join(t.TempDir(), "evil"))
	require.NoError(t, connErr)
	text, connErr := os.ReadFile(evil.Path)
	require.NoError(t, connErr)
	_, connErr = store.PutBytes(t.Context(), hash, text)
	require.NoError(t, connErr)

	plugins := compilingWorkers(t, url, "w1")
	<-ended
	require.NoError(t, err)
	assert.Equal(t, 2, doc.Counts.Expected, "%v", statuses(doc))
	refused := 0
	for _, r := range doc.Cells {
		for _, why := range r.Retries {
			refused += strings.Count(why, "refused: its content has the hash")
		}
	}
	assert.Positive(t, refused)
	require.NotEmpty(t, plugins())
	for _, text := range plugins() {
		assert.False(t, strings.Contains(text, theirs), "it never comes to a compiler")
	}
}

func TestSourcesThatAreNotWhatTheirHashSaysAreRefused(t *testing.T) {
	sent, err := packAnother(filepath.Join(t.TempDir(), "x"))
	require.NoError(t, err)
	ours, err := weakmem.Bundled(sent.Path)
	require.NoError(t, err)
	_, err = ours.Sources()
	require.NoError(t, err)
	_, err = weakmem.Prepare(t.Context(), weakmem.Config{Sent: &sent})
	require.ErrorContains(t, err, "refused: their hash is "+ours.SHA256)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	_, _, err = weakmem.Config{Sent: &sent}.Emulation()
	require.ErrorContains(t, err, "refused")
}

// The patch that made a kernel is in its run folder, wherever the cell ran.
func TestThePatchComesWithTheCell(t *testing.T) {
	for _, url := range []string{"", rigtest.NATS(t)} {
		if url != "" {
			startWorker(t, url, "w1", rigtest.Guest{HitEvery: 2})
		}
		n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: series}\n")
		n.cfg.Server.URL, n.Patch = url, "--- a/kernel/ring.c\n"
		doc, dir, err := Run(t.Context(), n.cfg)
		require.NoError(t, err)
		require.Len(t, doc.Cells, 1)
		require.NotEmpty(t, doc.Cells[0].Folder, "%v", statuses(doc))
		folder := filepath.Join(dir, doc.Cells[0].Folder)
		text, err := os.ReadFile(filepath.Join(folder, string(trial.Patched), result.PatchFile))
		require.NoError(t, err)
		assert.Equal(t, n.Patch, string(text))
		assert.NoFileExists(t, filepath.Join(folder, string(trial.Unpatched), result.PatchFile))
	}
}
