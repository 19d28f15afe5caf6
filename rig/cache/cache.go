// SPDX-License-Identifier: Apache-2.0

// Package cache lists what the rig keeps for later, and removes what is old: trees,
// builds, and the folders of searches, workers, matrices and runs. What is in them
// is left to their owners.
package cache

import (
	"context"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/trial"
)

// List returns the kernel trees, the builds, and the folders of searches,
// workers, matrices and runs in the cache, the latest used first within their kind.
func List(ctx context.Context, cacheDir string) ([]trial.CacheEntry, error) {
	dir, err := disk.Absolute(cacheDir)
	if err != nil {
		return nil, err
	}
	kernels, err := kernel.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	entries := cacheEntries(kernels)
	folders, err := cacheFolders(ctx, dir)
	for _, f := range folders {
		entries = append(entries, f.CacheEntry)
	}
	return entries, err
}

// Prune removes what was last used before the given time and is not in
// use, and what interrupted rigs left. It returns what it removed.
func Prune(ctx context.Context, cacheDir string, before time.Time) ([]trial.CacheEntry, error) {
	dir, err := disk.Absolute(cacheDir)
	if err != nil {
		return nil, err
	}
	kernels, err := kernel.Prune(ctx, dir, before)
	removed := cacheEntries(kernels)
	if err != nil {
		return removed, err
	}
	folders, err := pruneFolders(ctx, dir, before)
	return append(removed, folders...), err
}

func cacheEntries(in []kernel.Entry) []trial.CacheEntry {
	out := make([]trial.CacheEntry, 0, len(in))
	for _, e := range in {
		out = append(out, e.CacheEntry)
	}
	return out
}
