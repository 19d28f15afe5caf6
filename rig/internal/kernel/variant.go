// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/mailpatch"
)

// maxFuzz is how much context may differ around the user's patch: as with patch.
const maxFuzz = 2

// patchSet is everything that can be put on or taken from a tree.
type patchSet struct {
	own     []mailpatch.Patch // the user's patches, in order; empty: none
	series  []fix             // the first that fits decides
	sources []string          // what the series change of what a kernel is built from
	named   []string          // objects to look at beside those of sources
	notes   []string          // about the choice of own
	version string            // the tree's
}

// fix is a series with the fix.
type fix struct {
	patches []mailpatch.Patch
	kernels kernelversion.Range // that it is for
}

// variant is a kernel's source: in what it differs from the user's tree.
type variant struct {
	changes changes
	text    string   // the patch that was put on or taken off for that
	notes   []string // what people should know of it
}

// variant returns the patched or the unpatched kernel of a tree.
func (set patchSet) variant(ctx context.Context, patched bool, read reader) (variant, error) {
	if set.own != nil {
		made, err := set.ownVariant(ctx, patched, read)
		made.notes = slices.Concat(set.notes, made.notes)
		return made, err
	}
	s, err := set.stand(ctx, read)
	switch {
	case err != nil:
		return variant{}, err
	case s.presence == fixUnknown:
		return variant{}, notApplicable(s.tries)
	case patched == (s.presence == fixPresent):
		return variant{changes: changes{}}, nil
	}
	return variant{s.other.changes, s.other.text, nil}, nil
}

// ownVariant is the kernel with or without the user's patches, which need not hold the
// fix: that is what the rig is to find out. But the kernel without them must not
// be the one that has it, or a comparison would say the reverse.
func (set patchSet) ownVariant(ctx context.Context, patched bool, read reader) (variant, error) {
	if err := set.reaches(read); err != nil {
		return variant{}, err
	}
	t := try(ctx, set.own, maxFuzz, read)
	if !t.already && t.onErr != nil {
		return variant{}, t.onErr
	}
	tree, err := set.stand(ctx, read)
	if err != nil {
		return variant{}, err
	}
	if t.already {
		without, err := set.stand(ctx, read.over(t.off.changes))
		if err != nil {
			return variant{}, err
		}
		return set.takenOff(t.off, tree, without, patched)
	}
	with, err := set.stand(ctx, read.over(t.on.changes))
	if err != nil {
		return variant{}, err
	}
	return set.putOn(t.on, tree, with, patched)
}

// reaches refuses the user's patches where they leave alone all that the fix
// changes and all that the scenario names beside it: they are for another bug.
func (set patchSet) reaches(read reader) error {
	paths := pathsOf(set.own, read.has)
	of := slices.Clone(set.sources)
	for _, u := range set.units() {
		of = append(of, u.source)
	}
	if len(paths) == 0 || slices.ContainsFunc(of, func(source string) bool { return slices.Contains(paths, source) }) {
		return nil // of what changes nothing that is built, applying it says so
	}
	return fault.Newf(fault.User, "", "%s does not touch %s; for another bug: --scenario with it, which kcovrig scenario new writes", names(set.own), strings.Join(set.sources, ", "))
}

// takenOff is a variant of a tree that holds the user's patches. off is the tree
// without them, and without says whether that one has the fix.
func (set patchSet) takenOff(off applied, tree, without standing, patched bool) (variant, error) {
	name := names(set.own)
	notes := append(slices.Clone(off.notes), name+" is in the tree already: the patched kernel is the tree as it stands, the unpatched one is made by taking it out")
	switch {
	case without.presence == fixPresent && tree.presence != fixPresent:
		return set.refuse("it takes the fix out, and the tree lacks it already: it is a revert, and the kernel without it would be the fixed one")
	case without.presence == fixPresent:
		notes = []string{name + " is in the tree already, and the fix is in without it too: the unpatched kernel lacks the fix alone"}
		off = tree.other
	}
	if patched {
		return variant{changes: changes{}, notes: notes}, nil
	}
	return variant{off.changes, off.text, notes}, nil
}

// putOn is a variant of a tree that lacks the user's patches. on is the tree with
// them, and with says whether that one has the fix.
func (set patchSet) putOn(on applied, tree, with standing, patched bool) (variant, error) {
	name, notes := names(set.own), slices.Clone(on.notes)
	unpatched := variant{changes: changes{}}
	switch {
	case with.presence == fixLacking && tree.presence != fixLacking:
		return set.refuse("it takes the fix out of the tree: it is a revert, and no kernel would have the fix")
	case tree.presence == fixPresent:
		notes = append(notes, "the tree has the fix without "+name+" too: the unpatched kernel has neither")
		unpatched.changes, unpatched.text = tree.other.changes, tree.other.text
	case tree.presence == fixUnknown:
		notes = append(notes, "no known series with the fix goes on the tree or comes off it: whether the tree has the fix without "+name+" is not known")
	}
	if patched {
		return variant{on.changes, on.text, notes}, nil
	}
	unpatched.notes = notes
	return unpatched, nil
}

func (set patchSet) refuse(why string) (variant, error) {
	return variant{}, &fault.Error{
		Kind: fault.User, Op: "apply " + names(set.own), Err: errors.New(why),
		Try: "no --patch: kcovrig takes the fix out by itself; or kcovrig run --as-is on the tree with the change",
	}
}

// names lists patches for messages.
func names(patches []mailpatch.Patch) string {
	var list []string
	for _, p := range patches {
		list = append(list, p.Name)
	}
	return strings.Join(list, ", ")
}
