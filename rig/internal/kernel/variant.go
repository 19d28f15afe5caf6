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
	"kcovrig/rig/trial"
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

// content is a variant's source: in what it differs from the user's tree.
type content struct {
	changes changes
	text    string   // the patch that was put on or taken off for that
	notes   []string // what people should know of it
}

// content returns what the patched or the unpatched kernel of a tree is made of.
func (set patchSet) content(ctx context.Context, v trial.Variant, read reader) (content, error) {
	if set.own != nil {
		made, err := set.ownContent(ctx, v, read)
		made.notes = slices.Concat(set.notes, made.notes)
		return made, err
	}
	s, err := set.stand(ctx, read)
	switch {
	case err != nil:
		return content{}, err
	case s.presence == fixUnknown:
		return content{}, notApplicable(s.tries)
	case (v == trial.Patched) == (s.presence == fixPresent):
		return content{changes: changes{}}, nil
	}
	return content{s.other.changes, s.other.text, nil}, nil
}

// ownContent is the kernel with or without the user's patches, which need not hold the
// fix: that is what the rig is to find out. But the kernel without them must not
// be the one that has it, or a comparison would say the reverse.
func (set patchSet) ownContent(ctx context.Context, v trial.Variant, read reader) (content, error) {
	if err := set.reaches(read); err != nil {
		return content{}, err
	}
	t := try(ctx, set.own, maxFuzz, read)
	if !t.already && t.onErr != nil {
		return content{}, t.onErr
	}
	tree, err := set.stand(ctx, read)
	if err != nil {
		return content{}, err
	}
	if t.already {
		without, err := set.stand(ctx, read.over(t.off.changes))
		if err != nil {
			return content{}, err
		}
		return set.takenOff(t.off, tree, without, v)
	}
	with, err := set.stand(ctx, read.over(t.on.changes))
	if err != nil {
		return content{}, err
	}
	return set.putOn(t.on, tree, with, v)
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
func (set patchSet) takenOff(off applied, tree, without standing, v trial.Variant) (content, error) {
	name := names(set.own)
	notes := append(slices.Clone(off.notes), name+" is in the tree already: the patched kernel is the tree as it stands, the unpatched one is made by taking it out")
	switch {
	case without.presence == fixPresent && tree.presence != fixPresent:
		return set.refuse("it takes the fix out, and the tree lacks it already: it is a revert, and the kernel without it would be the fixed one")
	case without.presence == fixPresent:
		notes = []string{name + " is in the tree already, and the fix is in without it too: the unpatched kernel lacks the fix alone"}
		off = tree.other
	}
	if v == trial.Patched {
		return content{changes: changes{}, notes: notes}, nil
	}
	return content{off.changes, off.text, notes}, nil
}

// putOn is a variant of a tree that lacks the user's patches. on is the tree with
// them, and with says whether that one has the fix.
func (set patchSet) putOn(on applied, tree, with standing, v trial.Variant) (content, error) {
	name, notes := names(set.own), slices.Clone(on.notes)
	unpatched := content{changes: changes{}}
	switch {
	case with.presence == fixLacking && tree.presence != fixLacking:
		return set.refuse("it takes the fix out of the tree: it is a revert, and no kernel would have the fix")
	case tree.presence == fixPresent:
		notes = append(notes, "the tree has the fix without "+name+" too: the unpatched kernel has neither")
		unpatched.changes, unpatched.text = tree.other.changes, tree.other.text
	case tree.presence == fixUnknown:
		notes = append(notes, "no known series with the fix goes on the tree or comes off it: whether the tree has the fix without "+name+" is not known")
	}
	if v == trial.Patched {
		return content{on.changes, on.text, notes}, nil
	}
	unpatched.notes = notes
	return unpatched, nil
}

func (set patchSet) refuse(why string) (content, error) {
	return content{}, &fault.Error{
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
