// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// cache is a worker's folder of artifacts, each one in a file named by its
// hash, verified when it was written and once more by each process that finds it.
type cache struct {
	dir   string
	bytes int64 // 0: no bound

	mu    sync.Mutex
	files map[string]*cached
}

// cached is one file; mu is held while it is fetched.
type cached struct {
	mu       sync.Mutex
	verified bool
	users    int // running tasks; under the cache's mu, as is used
	size     int64
	used     time.Time // last; of the file too, for the next process
}

func openCache(dir string, bytes int64) (*cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Rig, "make the worker's folder", err)
	}
	c := &cache{dir: dir, bytes: bytes, files: map[string]*cached{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "read the worker's folder", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && hash.MatchString(e.Name()) {
			c.files[e.Name()] = &cached{size: info.Size(), used: info.ModTime()}
		} else { // what an interrupted fetch left
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	return c, nil
}

// provide links the artifacts into dir, fetched where they are missing.
// release, never nil, lets go of them.
func (w *worker) provide(ctx context.Context, artifacts []Artifact, dir string) (release func(), err error) {
	held := map[string]*cached{}
	release = func() { w.cache.release(held) }
	for _, a := range artifacts {
		if held[a.SHA256] == nil { // one content may have two names
			held[a.SHA256] = w.cache.acquire(a)
		}
		f := held[a.SHA256]
		if err := w.have(ctx, a, f); err != nil {
			return release, err
		}
		if err := os.Symlink(filepath.Join(w.cache.dir, a.SHA256), filepath.Join(dir, a.Name)); err != nil {
			return release, fault.Wrap(fault.Rig, "provide "+a.Name, err)
		}
	}
	return release, nil
}

// acquire makes room for a, and keeps it until release.
func (c *cache) acquire(a Artifact) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.files[a.SHA256]
	if f == nil {
		f = &cached{size: a.Size}
		c.files[a.SHA256] = f
	}
	f.users++
	c.evict()
	return f
}

// evict removes the files that were not used for longest until the rest fits.
func (c *cache) evict() {
	for c.bytes > 0 {
		sum, oldest := int64(0), ""
		for name, f := range c.files {
			sum += f.size
			if f.users == 0 && (oldest == "" || f.used.Before(c.files[oldest].used)) {
				oldest = name
			}
		}
		if sum <= c.bytes || oldest == "" {
			return
		}
		_ = os.Remove(filepath.Join(c.dir, oldest)) // what stays is found by the next start
		delete(c.files, oldest)
	}
}

// release notes that files were used until now.
func (c *cache) release(held map[string]*cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for name, f := range held {
		f.users--
		f.used = now
		_ = os.Chtimes(filepath.Join(c.dir, name), now, now) // one that was not fetched is not there
	}
	c.evict()
}

// have fetches a unless a verified copy is there.
func (w *worker) have(ctx context.Context, a Artifact, f *cached) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.verified {
		return nil
	}
	path := filepath.Join(w.cache.dir, a.SHA256)
	if sum, err := disk.FileSum(path); err != nil || sum != a.SHA256 {
		err := w.fetchArtifact(ctx, a, path)
		if errors.Is(err, errIncomplete) { // it was replaced under the reader
			err = w.fetchArtifact(ctx, a, path)
		}
		if err != nil {
			return fault.Wrap(fault.Rig, "fetch "+a.Name, err)
		}
	}
	f.verified = true
	return nil
}

// fetchArtifact writes the object beside path, and moves it there where its
// content is what its name says.
func (w *worker) fetchArtifact(ctx context.Context, a Artifact, path string) (err error) {
	pending, err := disk.NewPending(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pending.Drop()) }()
	sum := disk.NewHash()
	err = w.read(ctx, w.artifacts, a.SHA256, io.MultiWriter(pending, sum))
	if errors.Is(err, errIncomplete) || errors.Is(err, jetstream.ErrObjectNotFound) {
		return &artifactError{a.SHA256, err}
	}
	if err != nil {
		return err
	}
	if got := sum.Hex(); got != a.SHA256 {
		return &artifactError{a.SHA256, fmt.Errorf("refused: its content has the hash %s", got)}
	}
	return pending.Place(0o400)
}
