// SPDX-License-Identifier: Apache-2.0

package task

import (
	"encoding/json"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
)

// Portable is a task that can go to another machine: its JSON form, in which
// files are named without folders, and the files themselves.
type Portable struct {
	Spec  json.RawMessage
	Files map[string]string // path here, by name
}

// portable is the JSON form.
type portable struct {
	Kind  string        `json:"kind"`
	Cell  matrix.Cell   `json:"cell"`
	Ready kernels.Ready `json:"ready"`
	Again string        `json:"again"` // as in Cell
}

// Pack makes the task ready to be sent. Its kernels, the patch that made them,
// the guest, the disassembly and the emulator's sources become files; the paths of
// what only building needs are left out.
func (t Cell) Pack() (Portable, error) {
	p := Portable{Files: map[string]string{}}
	name := func(name, path string) string {
		if path == "" {
			return ""
		}
		p.Files[name] = path
		return name
	}
	out := portable{Kind: KindCell, Cell: t.Cell, Again: t.Again, Ready: kernels.Ready{Archive: t.Ready.Archive}}
	if t.Cell.Command == matrix.Compare { // else it depends on which other cells are left
		out.Ready.SameCode = t.Ready.SameCode
	}
	if t.Ready.SentEmulator != nil {
		sent := *t.Ready.SentEmulator
		sent.Path = name(EmulatorFile, sent.Path)
		out.Ready.SentEmulator = &sent
	}
	out.Ready.Scenario = name(ScenarioFile, t.Ready.Scenario)
	for _, k := range t.Ready.Kernels {
		variant := string(k.Image.Built.Variant)
		image := kernels.Image{Built: k.Image.Built, Kernel: k.Image.Kernel, Patches: k.Image.Patches, Notes: k.Image.Notes}
		// A matrix that is resumed finds them cached, and asks for the same task.
		b := &image.Built
		b.Cached, b.CPUNS, b.WallNS = true, 0, 0
		b.Path = name("kernel-"+variant, b.Path)
		analysis := k.Analysis
		analysis.Code.Listing = name("code-"+variant+".lst", k.Analysis.Code.Listing)
		ready := kernels.ReadyKernel{Image: image, Analysis: analysis, Patch: name("made-"+variant+".patch", k.Patch)}
		if t.Cell.Command == matrix.Barriers { // what is altered is looked up in it
			ready.Vmlinux = name("vmlinux-"+variant, k.Image.Vmlinux)
		}
		out.Ready.Kernels = append(out.Ready.Kernels, ready)
	}
	out.Ready.Archive.Path = name("initramfs.cpio", t.Ready.Archive.Path)
	out.Ready.Archive.Guest = name("guest", t.Ready.Archive.Guest)
	var err error
	p.Spec, err = json.Marshal(out)
	return p, fault.Wrap(fault.Rig, "pack cell "+t.Cell.Name, err)
}
