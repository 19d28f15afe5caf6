// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/boot"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// analysisVersion is part of the cached analyses' name: raise it when what is
// found in the same binary changes.
const analysisVersion = 20

// ListingFile is the disassembly in a boot's folder.
const ListingFile = "code.lst"

// Analyser reads the binaries of a scenario's kernels. The sources that build
// share it.
type Analyser struct{ Config Config }

// SameCode compares two kernels: the symbols' code, all functions of the objects of
// the files that the fix changes, and then the kernels as a whole, byte for byte.
func (Analyser) SameCode(a, b Image, symbols []string) (trial.Sameness, error) {
	diff, err := elfcode.SameCode(a.Vmlinux, b.Vmlinux, symbols...)
	if err != nil {
		return "", err
	}
	if !diff.Same || len(a.Objects) != len(b.Objects) {
		return trial.CodeDiffers, nil
	}
	for i, o := range a.Objects {
		one, err := elfcode.Fingerprint(o.Path, nil)
		if err != nil {
			return "", err
		}
		other, err := elfcode.Fingerprint(b.Objects[i].Path, nil)
		if err != nil {
			return "", err
		}
		if one != other || o.Name != b.Objects[i].Name {
			return trial.CodeDiffers, nil
		}
	}
	if !diff.TextSame {
		return trial.CodeSameWhereBug, nil
	}
	return trial.CodeSame, nil
}

// Analyse disassembles a kernel, once per build: the analysis is kept by its key.
func (r Analyser) Analyse(ctx context.Context, image Image, dir string) (Analysis, error) {
	return r.analyse(ctx, image, image.PatchText, dir)
}

// analyse knows the patch that tells the variants apart, which the image of one of
// them does not hold.
func (r Analyser) analyse(ctx context.Context, image Image, patch, dir string) (Analysis, error) {
	s := r.Config.Scenario
	look := func() (Analysis, error) { return r.order(ctx, image, dir) }
	if s.Function == "" {
		look = func() (Analysis, error) { return fromPatch(r.Config, image, patch) }
	}
	kept := filepath.Join(r.Config.CacheDir, "analysis", keptName(image.Built.Key, s, patch))
	var found Analysis
	if data, err := os.ReadFile(kept); err != nil || json.Unmarshal(data, &found) != nil {
		var err error
		if found, err = look(); err != nil {
			return Analysis{}, err
		}
		if found.Reports, found.Detected, err = reportsIn(r.Config, image.Vmlinux); err != nil {
			return Analysis{}, err
		}
		if err := disk.WriteJSON(kept, found); err != nil {
			return Analysis{}, fault.Wrap(fault.Rig, "keep the disassembly", err)
		}
	}
	if found.Code.Container == "" {
		return Analysis{}, noCopy(s)
	}
	found.Code.Listing = filepath.Join(dir, ListingFile)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(found.Code.Listing, []byte(listing(found.Lines)), 0o644)
	}
	return found, fault.Wrap(fault.Rig, "write the disassembly", err)
}

// order looks for the scenario's two writes, and at what orders them.
func (r Analyser) order(ctx context.Context, image Image, dir string) (Analysis, error) {
	a, err := r.study(ctx, image, dir)
	if err != nil {
		return Analysis{}, err
	}
	return reduced(a), nil
}

// study reads the object that holds the scenario's function. Of several it is the
// first in whose debug information the function is found.
func (r Analyser) study(ctx context.Context, image Image, dir string) (objcode.Analysis, error) {
	s := r.Config.Scenario
	var guesses []objcode.Analysis
	var errs []error
	for _, o := range image.Objects {
		a, err := objcode.Analyse(ctx, objcode.Config{
			Arch: r.Config.Arch, Vmlinux: image.Vmlinux, BuildDir: image.BuildDir,
			Object: o.Name, Function: s.Function, Copy: s.Copy, Count: s.Count, OutDir: dir, Debug: o.Debug, Source: o.Source, Sandbox: image.Sandbox,
		})
		switch {
		case err != nil:
			errs = append(errs, err)
		case a.Approximate:
			guesses = append(guesses, a)
		default:
			return a, nil
		}
	}
	switch {
	case ctx.Err() == nil && len(guesses) > 0:
		return guesses[0], nil
	case len(errs) == 0:
		return objcode.Analysis{}, fault.Newf(fault.User, "look at the code of "+s.Function, "none of the files that the scenario's patches change is compiled by itself")
	}
	return objcode.Analysis{}, errors.Join(errs...)
}

// keptName is where an analysis is kept. Scenarios that do not come with the rig may
// ask something else of the same kernel, under any name.
func keptName(key string, s scenario.Scenario, patch string) string {
	name := fmt.Sprintf("%s-%d", key, analysisVersion)
	if !s.Shipped {
		name += fmt.Sprintf("-%.16s", s.Hash)
	}
	if s.Function == "" { // the scope follows from the patch
		name += "-" + scopeKey(s, patch)
	}
	return name + ".json"
}

// noCopy is no fault of the kernel: a patch may copy in another way, of which this
// program can say nothing.
func noCopy(s scenario.Scenario) error {
	return &fault.Error{
		Kind: fault.Rig, Op: "look at the code of " + s.Function,
		Err: fmt.Errorf("no copy found there, neither a call of %s nor one inline: such a kernel cannot be judged", strings.Join(s.Copy, ", ")),
		Try: "a patch that leaves the copy as it is",
	}
}

// listing is the disassembly for people: address, place, instruction, source.
func listing(lines []elfcode.Line) string {
	var text strings.Builder
	for _, l := range lines {
		i := boot.InstructionOf(l)
		fmt.Fprintf(&text, "%#x\t%s\t%s\t%s\t%s\n", l.Addr, i.Place(), i.Text, i.Source, i.SourceText)
	}
	return text.String()
}
