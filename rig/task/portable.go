// SPDX-License-Identifier: Apache-2.0

package task

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"kcovrig/rig/command"
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
	if t.Ready.Emulator != nil {
		sent := *t.Ready.Emulator
		sent.Path = name(EmulatorFile, sent.Path)
		out.Ready.Emulator = &sent
	}
	for _, a := range t.Ready.Arms {
		arm := string(a.Image.Variant())
		image := kernels.Image{Image: a.Image.Image, Kernel: a.Image.Kernel, Notes: a.Image.Notes}
		// A matrix that is resumed finds them cached, and asks for the same task.
		image.Cached, image.CPUNS, image.WallNS = true, 0, 0
		image.Path = name("kernel-"+arm, a.Image.Path)
		analysis := a.Analysis
		analysis.Listing = name("code-"+arm+".lst", a.Analysis.Listing)
		out.Ready.Arms = append(out.Ready.Arms, kernels.ReadyKernel{Image: image, Analysis: analysis, Patch: name("made-"+arm+".patch", a.Patch)})
	}
	out.Ready.Archive.Path = name("initramfs.cpio", t.Ready.Archive.Path)
	out.Ready.Archive.Guest = name("guest", t.Ready.Archive.Guest)
	var err error
	p.Spec, err = json.Marshal(out)
	return p, fault.Wrap(fault.Rig, "pack cell "+t.Cell.Name, err)
}

// Receive is Pack's reverse, where the files lie in dir. The run folder
// is to appear below out.
func Receive(spec json.RawMessage, dir, out string) (Cell, error) {
	const op = "unpack a cell"
	var p portable
	if err := json.Unmarshal(spec, &p); err != nil {
		return Cell{}, fault.Wrap(fault.Rig, op, err)
	}
	if p.Cell.ID == "" || len(p.Ready.Arms) != len(p.Cell.Arms()) {
		return Cell{}, fault.Newf(fault.Rig, op, "it has no identity, or %d kernels for %d arms", len(p.Ready.Arms), len(p.Cell.Arms()))
	}
	if command.Emulated(p.Cell.Spec) && p.Ready.Emulator == nil {
		return Cell{}, fault.Newf(fault.Rig, op, "the emulator did not come with it")
	}
	paths := []*string{&p.Ready.Archive.Path, &p.Ready.Archive.Guest}
	for i := range p.Ready.Arms {
		paths = append(paths, &p.Ready.Arms[i].Image.Path, &p.Ready.Arms[i].Analysis.Listing, &p.Ready.Arms[i].Patch)
	}
	if p.Ready.Emulator != nil {
		paths = append(paths, &p.Ready.Emulator.Path)
	}
	for _, path := range paths {
		switch {
		case *path == "":
		case filepath.Base(*path) != *path:
			return Cell{}, fault.Wrap(fault.Rig, op, fmt.Errorf("%q is no plain name", *path))
		default:
			*path = filepath.Join(dir, *path)
		}
	}
	return Cell{Cell: p.Cell, Ready: p.Ready, Dir: out}, nil
}
