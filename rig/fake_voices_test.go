// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"path/filepath"
	"strings"

	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

func (l *lab) plugin(_ context.Context, cfg weakmem.Config) (weakmem.Plugin, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range cfg.Scope {
		if r.Start == 9 {
			l.scope = append(l.scope, r.Symbol)
		}
	}
	return weakmem.Plugin{Path: "p.so", Sites: cfg.Dir}, nil
}

// sites are what the emulator noted: with the patch a barrier between the two writes.
func (l *lab) sites(path string) ([]weakmem.Site, error) {
	v := trial.VariantOf(strings.HasPrefix(filepath.Base(path), string(trial.Patched)), false)
	if l.noted != nil {
		return l.noted(v)
	}
	s := weakmem.Site{First: 0x104, Second: 0x300, Count: 9, Why: weakmem.WhyPassed}
	if v == trial.Patched && (l.guests[true].stale == 0 || l.guests[true].stale > 1<<20) {
		s.By, s.Why = 0x280, "order-barrier"
	}
	return []weakmem.Site{s}, nil
}

// ordered is what the patched kernel's binary says, unless a test wants another answer.
func (l *lab) ordered(v trial.Variant) string {
	if v == trial.Patched && l.binary != "" {
		return l.binary
	}
	if v == trial.Patched && l.guests[true].stale == 0 {
		return "yes"
	}
	return "no"
}

// herd is the memory model: without the patch it allows the stale read.
func (l *lab) herd(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
	if strings.HasPrefix(tests[0].Name, string(trial.Patched)) {
		return l.model, l.noModel
	}
	return trial.Sometimes, l.noModel
}
