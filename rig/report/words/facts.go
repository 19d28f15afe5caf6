// SPDX-License-Identifier: Apache-2.0

// Package words is what reports have in common in words: facts of a run's
// provenance, numbers, and texts made safe for one line, Markdown and terminals.
// What is reported it leaves to the rooms of the reports.
package words

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Fact is one line of a run's provenance.
type Fact struct{ Name, Value string }

// Provenance says with what a run was made, without what is not known.
func Provenance(d result.Document) []Fact {
	k, q, h := d.Kernel, d.QEMU, d.Host
	var facts []Fact
	add := func(name, format string, needs string, args ...any) {
		if needs != "" {
			facts = append(facts, Fact{name, fmt.Sprintf(format, args...)})
		}
	}
	for _, p := range d.Patches {
		add("patch", "%s", "yes", Patch(p))
	}
	if !d.Ended.IsZero() {
		add("date", "%s", "yes", Date(d.Started, d.Ended))
	}
	if d.ScenarioHash != "" {
		add("scenario", "%s, content hash %.16s", d.Spec.Scenario, d.Spec.Scenario, d.ScenarioHash)
	}
	add("kernel", "Linux %s, %s", k.Version, k.Version, d.Spec.Arch)
	add("source", "%s, content hash %.16s", k.Tree, k.Tree, k.TreeHash)
	add("configuration", "hash %.16s", k.ConfigHash, k.ConfigHash)
	add("compiler", "%s", k.Compiler, k.Compiler)
	add("QEMU", "%s", q.Version, Machine(d))
	add("host", "%s", h.Arch, HostLine(h))
	if d.Spec.Seed != 0 {
		add("seed", "%d", "yes", d.Spec.Seed)
	}
	add("kcovrig", "%s", d.Version, d.Version)
	return facts
}

// Patch is a patch in one line.
func Patch(p trial.Patch) string {
	line := cmp.Or(p.Subject, p.Name)
	if p.Author != "" {
		line += ", by " + p.Author
	}
	if p.MessageID != "" {
		line += ", <" + p.MessageID + ">"
	}
	return OneLine(line) + fmt.Sprintf(", SHA-256 %.12s", p.Hash)
}

// Date is when a run began, and how long it took.
func Date(started, ended time.Time) string {
	return fmt.Sprintf("%s, %.0f s", started.UTC().Format("2006-01-02 15:04:05 UTC"), ended.Sub(started).Seconds())
}

// Machine is QEMU with its accelerator and memory model.
func Machine(d result.Document) string {
	model := "Arm's memory model emulated"
	if d.QEMU.MemoryModel != trial.ModelArm {
		model = "no memory emulator"
	}
	return fmt.Sprintf("%s, %s, %s", d.QEMU.Version, d.QEMU.Accel, model)
}

// HostLine describes a host in one line.
func HostLine(h trial.Host) string {
	parts := []string{}
	for _, p := range []string{h.System, h.Arch, h.CPU} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if h.Kernel != "" {
		parts = append(parts, "Linux "+h.Kernel)
	}
	return fmt.Sprintf("%s, %d CPUs", strings.Join(parts, ", "), h.CPUs)
}

// Versions names everything that a run was made with, a line each: what its
// provenance shows, and what only someone who makes the run again asks for.
func Versions(d result.Document) string {
	facts := Provenance(d)
	if d.QEMU.PluginAPI > 0 {
		facts = append(facts, Fact{Name: "plugin API", Value: fmt.Sprint(d.QEMU.PluginAPI)})
	}
	if d.Go != "" {
		facts = append(facts, Fact{Name: "go", Value: d.Go})
	}
	if d.Provenance != nil {
		facts = append(facts, Fact{Name: "initramfs", Value: "hash " + d.Provenance.Initramfs}, Fact{Name: "plugin", Value: d.Provenance.Plugin})
	}
	for _, i := range d.Images {
		facts = append(facts, Fact{Name: string(i.Variant), Value: "build " + i.Key})
	}
	var b strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&b, "%-14s %s\n", f.Name, f.Value)
	}
	return b.String()
}
