// SPDX-License-Identifier: Apache-2.0

// Package variant says which variant a tree is, with or without the fix, and how the other
// one is made of it. It owns series of patches, a user's own ones, and how they go on
// files or come off them. It leaves writing the files, and building, to package kernel.
package variant

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

// Set is everything that can be put on or taken from a tree.
type Set struct {
	own     []mailpatch.Patch // the user's patches, in order; empty: none
	series  []fix             // the first that fits decides
	sources []string          // what the series change of what a kernel is built from
	Named   []string          // objects to look at beside those of sources
	notes   []string          // about the choice of own
	Version string            // the tree's
}

// fix is a series with the fix.
type fix struct {
	patches []mailpatch.Patch
	kernels kernelversion.Range // that it is for
}

// Content is a variant's source: in what it differs from the user's tree.
type Content struct {
	Changes Changes
	Text    string            // the patch that was put on or taken off for that
	Notes   []string          // what people should know of it
	Patches []mailpatch.Patch // by which the two variants differ
}

// Content returns what the patched or the unpatched kernel of a tree is made of.
func (set Set) Content(ctx context.Context, v trial.Variant, read Reader) (Content, error) {
	if set.own != nil {
		made, err := set.ownContent(ctx, v, read)
		made.Notes, made.Patches = slices.Concat(set.notes, made.Notes), set.own
		return made, err
	}
	s, err := set.stand(ctx, read)
	switch {
	case err != nil:
		return Content{}, err
	case s.presence == fixUnknown:
		return Content{}, notApplicable(s.tries)
	}
	err = idle(s.by, s.other.changes, read)
	switch {
	case err != nil:
		return Content{}, err
	case (v == trial.Patched) == (s.presence == fixPresent):
		return Content{Changes: Changes{}, Patches: s.by}, nil
	}
	return Content{Changes: s.other.changes, Text: s.other.text, Patches: s.by}, nil
}

// ownContent is the kernel with or without the user's patches, which need not hold the
// fix: that is what the rig is to find out. But the kernel without them must not
// be the one that has it, or a comparison would say the reverse.
func (set Set) ownContent(ctx context.Context, v trial.Variant, read Reader) (Content, error) {
	if err := set.reaches(read); err != nil {
		return Content{}, err
	}
	t := try(ctx, set.own, maxFuzz, read)
	if !t.already && t.onErr != nil {
		return Content{}, t.onErr
	}
	made := t.on
	if t.already {
		made = t.off
	}
	if err := idle(set.own, made.changes, read); err != nil {
		return Content{}, err
	}
	tree, err := set.stand(ctx, read)
	if err != nil {
		return Content{}, err
	}
	if t.already {
		without, err := set.stand(ctx, read.Over(t.off.changes))
		if err != nil {
			return Content{}, err
		}
		return set.takenOff(t.off, tree, without, v)
	}
	with, err := set.stand(ctx, read.Over(t.on.changes))
	if err != nil {
		return Content{}, err
	}
	instead := with.presence == fixLacking && tree.presence == fixPresent && !alike(t.on.changes, read.Over(tree.other.changes))
	return set.putOn(t.on, tree, with, instead, v)
}

// reaches refuses the user's patches where they leave alone all that the fix
// changes and all that the scenario names beside it: they are for another bug.
func (set Set) reaches(read Reader) error {
	paths := pathsOf(set.own, read.Has)
	of := slices.Clone(set.sources)
	for _, u := range set.Units() {
		of = append(of, u.Source)
	}
	if len(paths) == 0 || slices.ContainsFunc(of, func(source string) bool { return slices.Contains(paths, source) }) {
		return nil // of what changes nothing that is built, applying it says so
	}
	return fault.Newf(fault.User, "", "%s does not touch %s; for another bug: --scenario with it, which kcovrig scenario new writes", names(set.own), strings.Join(set.sources, ", "))
}

// takenOff is a variant of a tree that holds the user's patches. off is the tree
// without them, and without says whether that one has the fix.
func (set Set) takenOff(off applied, tree, without standing, v trial.Variant) (Content, error) {
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
		return Content{Changes: Changes{}, Notes: notes}, nil
	}
	return Content{Changes: off.changes, Text: off.text, Notes: notes}, nil
}

// putOn is a variant of a tree that lacks the user's patches. on is the tree with
// them, and with says whether that one has the fix; instead, that it has other code in the
// fix's place.
func (set Set) putOn(on applied, tree, with standing, instead bool, v trial.Variant) (Content, error) {
	name, notes := names(set.own), slices.Clone(on.notes)
	unpatched := Content{Changes: Changes{}}
	switch {
	case instead:
		notes = append(notes, name+" takes out the fix that the tree has, and puts other code in: the unpatched kernel has neither")
		unpatched.Changes, unpatched.Text = tree.other.changes, tree.other.text
	case with.presence == fixLacking && tree.presence != fixLacking:
		return set.refuse("it takes the fix out of the tree: it is a revert, and no kernel would have the fix")
	case tree.presence == fixPresent:
		notes = append(notes, "the tree has the fix without "+name+" too: the unpatched kernel has neither")
		unpatched.Changes, unpatched.Text = tree.other.changes, tree.other.text
	case tree.presence == fixUnknown:
		notes = append(notes, "no known series with the fix goes on the tree or comes off it: whether the tree has the fix without "+name+" is not known")
	}
	if v == trial.Patched {
		return Content{Changes: on.changes, Text: on.text, Notes: notes}, nil
	}
	unpatched.Notes = notes
	return unpatched, nil
}

func (set Set) refuse(why string) (Content, error) {
	return Content{}, &fault.Error{
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
