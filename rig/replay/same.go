// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// admitKernel refuses, before anything is built, a kernel that is not the run's.
func (r *replay) admitKernel(ctx context.Context, source kernels.Source, v trial.Variant) error {
	planner, ok := source.(kernels.Planner)
	if !ok {
		return fault.Newf(fault.Rig, r.op(), "where the kernels come from it is not known beforehand which they are")
	}
	now, err := planner.Plan(ctx, v)
	if err != nil {
		return err
	}
	return r.admit(r.kernelDifferences(now))
}

// admit refuses a setup that differs, or notes that it does where that is wanted.
func (r *replay) admit(differences []string) error {
	if len(differences) > 0 && !r.cfg.Force {
		return &fault.Error{
			Kind: fault.User, Op: r.op(), Err: fmt.Errorf("not as in the run: %s", strings.Join(differences, "; ")),
			Try: "what the run had, or --force to go on with what is there now",
		}
	}
	r.report.Differences = append(r.report.Differences, differences...)
	return nil
}

// image is the run's own image of the witness's kernel.
func (r *replay) image() trial.Image {
	i := slices.IndexFunc(r.saved.Images, func(i trial.Image) bool { return i.Variant == r.report.Signature.Variant })
	if i < 0 {
		return trial.Image{}
	}
	return r.saved.Images[i]
}

// kernelDifferences names what makes the kernel that would be built another one.
func (r *replay) kernelDifferences(now kernels.Image) []string {
	was, saved := r.image(), r.saved.Kernel
	if now.Built.Key == was.Key {
		return nil
	}
	var found []string
	add := func(what, before, after string) {
		if before != "" && before != after {
			found = append(found, differs(what, before, after))
		}
	}
	add("the content of the tree "+now.Kernel.Tree, saved.TreeHash, now.Kernel.TreeHash)
	add("what the patch makes of it", was.Patch, now.Built.Patch)
	add("the compiler", saved.Compiler, now.Kernel.Compiler)
	switch {
	case was.Key == "":
		return append(found, "the run does not say which kernel it built")
	case len(found) == 0 && was.Patch == "":
		return []string{"the patch or kcovrig's own kernel settings: the run does not say which"}
	case len(found) == 0:
		return []string{"kcovrig's own kernel settings"}
	}
	return found
}

// setupDifferences names what is otherwise than in the run once all is prepared.
func (r *replay) setupDifferences(now trial.Prepared) []string {
	var found []string
	add := func(what, before, after string) {
		if before != "" && before != after {
			found = append(found, differs(what, before, after))
		}
	}
	was := r.image()
	if len(now.Images) > 0 && was.Key == now.Images[0].Key {
		add("the image that the same inputs gave", was.Hash, now.Images[0].Hash)
	}
	add("QEMU", r.saved.QEMU.Version, now.QEMU.Version)
	switch {
	case now.Provenance == nil:
		return append(found, "the memory emulator does not run here")
	case r.saved.Provenance == nil:
		return append(found, fmt.Sprintf("kcovrig %s did not save with which guest and emulator the run was made", r.saved.Version))
	}
	add("the guest", r.saved.Provenance.Initramfs, now.Provenance.Initramfs)
	add("the emulator", r.saved.Provenance.Plugin, now.Provenance.Plugin)
	if !maps.Equal(r.saved.Provenance.Policy, now.Provenance.Policy) {
		add("the emulator's policy", fmt.Sprint(r.saved.Provenance.Policy), fmt.Sprint(now.Provenance.Policy)) // fmt sorts maps
	}
	return found
}

func differs(what, before, after string) string {
	short := func(s string) string {
		if len(s) >= 40 && !strings.ContainsAny(s, " /") { // a hash
			return s[:12]
		}
		return s
	}
	return fmt.Sprintf("%s was %s, and is %s now", what, short(before), short(after))
}
