// SPDX-License-Identifier: Apache-2.0

package task

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"kcovrig/rig/fault"
)

// Receive undoes Pack, where the files lie in dir. The run folder
// is to appear below out.
func Receive(spec json.RawMessage, dir, out string) (Cell, error) {
	const op = "unpack a cell"
	var p portable
	if err := json.Unmarshal(spec, &p); err != nil {
		return Cell{}, fault.Wrap(fault.Rig, op, err)
	}
	if p.Cell.ID == "" || len(p.Ready.Kernels) != len(p.Cell.Variants()) {
		return Cell{}, fault.Newf(fault.Rig, op, "it has no identity, or %d kernels where its cell has %d", len(p.Ready.Kernels), len(p.Cell.Variants()))
	}
	if p.Cell.Spec.Emulated() && p.Ready.SentEmulator == nil {
		return Cell{}, fault.Newf(fault.Rig, op, "the emulator did not come with it")
	}
	paths := []*string{&p.Ready.Archive.Path, &p.Ready.Archive.Guest, &p.Ready.Scenario}
	for i := range p.Ready.Kernels {
		paths = append(paths, &p.Ready.Kernels[i].Image.Built.Path, &p.Ready.Kernels[i].Vmlinux, &p.Ready.Kernels[i].Analysis.Code.Listing, &p.Ready.Kernels[i].Patch)
	}
	if p.Ready.SentEmulator != nil {
		paths = append(paths, &p.Ready.SentEmulator.Path)
	}
	if p.Cell.Spec.ScenarioHash != "" && p.Ready.Scenario != ScenarioFile {
		return Cell{}, fault.Newf(fault.Rig, op, "the scenario did not come with it")
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
