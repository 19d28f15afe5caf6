// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"context"
	"path/filepath"

	"kcovrig/rig/boot"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

func (l *Lab) plugin(_ context.Context, cfg weakmem.Config) (weakmem.Plugin, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range cfg.Scope {
		if r.Start >= readersStart && r.Start < readersEnd {
			l.Scope = append(l.Scope, r.Symbol)
		}
	}
	l.Plans = append(l.Plans, cfg)
	p := weakmem.Plugin{Path: "p.so", Sites: cfg.Dir}
	if cfg.Marks > 0 {
		p.Trace = filepath.Join(cfg.Dir, "trace")
	}
	if len(cfg.Alterations) > 0 {
		p.Altered = cfg.Dir
	}
	return p, nil
}

// altered is as often executed as anybody looks, but for what the lab skips.
func (l *Lab) altered(_ string, of []trial.Alteration) ([]weakmem.Altered, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looks++
	const each = 1000 // executions between two looks: more than there are windows
	out := []weakmem.Altered{{Episodes: each * l.looks}}
	for _, a := range of {
		one := weakmem.Altered{Episodes: each * l.looks}
		for _, c := range a {
			switch first := a[0].Address; {
			case l.Skipped[first]:
				one.Changes = append(one.Changes, weakmem.ChangeCount{})
			case l.Unfit[c.Address]:
				one.Changes = append(one.Changes, weakmem.ChangeCount{Unfit: each * l.looks})
			default:
				one.Changes = append(one.Changes, weakmem.ChangeCount{Executed: each * l.looks})
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// witnesses are of the detections that the emulator saved events for: the store that the
// reader missed is as far into f as the detection's Index says.
func witnesses(cfg boot.WitnessConfig) ([]trial.Witness, error) {
	var all []trial.Witness
	for _, d := range cfg.Detections {
		if d.Witness == 0 {
			continue
		}
		all = append(all, trial.Witness{Variant: cfg.Variant, Reader: cfg.Reader, Detection: d, Events: []trial.WitnessEvent{
			{Kind: trial.Delayed, Symbol: "f", Offset: d.Index, Address: 8, Version: 1},
			{Kind: trial.Executed, Symbol: "f", Offset: 0x40, Address: 16, Value: d.Count},
			{VCPU: 1, Kind: trial.Mark, Address: 8},
		}})
	}
	return all, nil
}

// sites are what the emulator noted: in a kernel that has the fix a barrier between the two writes.
func (l *Lab) sites(path string) ([]weakmem.Site, error) {
	v := variantIn(path)
	if l.Noted != nil {
		return l.Noted(v)
	}
	l.mu.Lock()
	l.looked++
	noted := uint64(9)
	if n := len(l.Plans); n > 0 && len(l.Plans[n-1].Alterations) > 0 { // each round has notes of its own
		noted *= l.looked
	}
	found := weakmem.Site{First: 0x104, Second: 0x300, Count: noted, Why: weakmem.WhyPassed}
	l.mu.Unlock()
	if seldom := l.seldom(v); seldom == 0 || seldom > 1<<20 {
		found.By, found.Why = 0x280, "order-barrier"
	}
	return []weakmem.Site{found}, nil
}

// seldom is the HitEvery of a kernel that may have the fix, which it has where it is 0; 1 of
// the others.
func (l *Lab) seldom(v trial.Variant) int {
	if g, own := l.guest(v); own && v != trial.Unpatched {
		return g.HitEvery
	}
	return 1
}

// ordered is what a kernel's binary says; of the patched one, what a test wants.
func (l *Lab) ordered(v trial.Variant) string {
	if v == trial.Patched && l.Binary != "" {
		return l.Binary
	}
	if l.seldom(v) == 0 {
		return "yes"
	}
	return "no"
}
