// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/mailpatch"
)

// maxFuzz is how much context may differ around the user's patch: as with patch.
const maxFuzz = 2

// patchSet is everything that can be put on or taken from a tree.
type patchSet struct {
	own    []mailpatch.Patch   // the user's patches, in order; empty: none
	series [][]mailpatch.Patch // the built-in ones
	notes  []string            // about the choice of own
}

// arm is a kernel's tree: the files in which it differs from the user's.
type arm struct {
	variant variant
	text    string   // the patch that was put on or taken off for that
	notes   []string // what people should know of it
}

// arm returns the patched or unpatched arm. What decides is the code in fix.Source.
func (set patchSet) arm(ctx context.Context, fix Fix, patched bool, read reader) (arm, error) {
	source, err := read(fix.Source)
	if err != nil {
		return arm{}, fault.Newf(fault.User, "read the tree", "no kernel tree that this scenario fits: %w", err)
	}
	in, err := fix.In(source)
	if err != nil {
		return arm{}, fault.Wrap(fault.User, "look for the fix", err)
	}
	if set.own != nil {
		made, err := set.ownArm(ctx, fix, in, patched, read)
		made.notes = slices.Concat(set.notes, made.notes)
		return made, err
	}
	if in == patched {
		return arm{variant: variant{}}, nil
	}
	return set.seriesArm(ctx, fix, patched, read)
}

// seriesArm puts the first built-in series that fits on the tree, or takes it out.
func (set patchSet) seriesArm(ctx context.Context, fix Fix, patched bool, read reader) (arm, error) {
	var failures []error
	for _, series := range set.series {
		made, err := apply(ctx, series, how{reverse: !patched}, read)
		if err == nil {
			err = fix.expect(made.variant, patched)
		}
		if err == nil {
			return arm{made.variant, made.text, nil}, nil
		}
		failures = append(failures, err)
	}
	if err := ctx.Err(); err != nil {
		return arm{}, errors.Join(failures...)
	}
	what := "the tree has the fix, and no known series can be taken out of it"
	if patched {
		what = "the tree lacks the fix, and no known series applies"
	}
	return arm{}, fault.Newf(fault.User, "prepare the tree", "%s:\n%w", what, errors.Join(failures...))
}

// expect checks that v's code has the fix or lacks it, as wanted.
func (f Fix) expect(v variant, want bool) error {
	text := v[f.Source]
	if text == nil {
		return fmt.Errorf("the series does not change %s", f.Source)
	}
	in, err := f.In(*text)
	if err == nil && in != want {
		err = fmt.Errorf("%s: %s() has the fix: %t, wanted %t", f.Source, f.Function, in, want)
	}
	return err
}

// state is whether v, of a tree where in says it, has the fix; unknown is in.
func (f Fix) state(v variant, in bool) bool {
	if text := v[f.Source]; text != nil {
		if now, err := f.In(*text); err == nil {
			return now
		}
	}
	return in
}

// tried is how the user's patches fit a tree.
type tried struct {
	on, off       applied
	onErr, offErr error
	already       bool // they are in the tree
}

// try applies the user's patches and takes them back. As patch does, it asks
// whether they are in already before it lets context differ: with less of it
// they might go in twice.
func (set patchSet) try(ctx context.Context, read reader) tried {
	var t tried
	t.on, t.onErr = apply(ctx, set.own, how{}, read)
	t.off, t.offErr = apply(ctx, set.own, how{reverse: true}, read)
	switch {
	case t.onErr == nil: // what has no context goes in however often
		t.already = t.on.blind && t.offErr == nil && !t.off.moved
	case t.offErr == nil:
		t.already = true
	default:
		if off, err := apply(ctx, set.own, how{fuzz: maxFuzz, reverse: true}, read); err == nil {
			t.off, t.offErr, t.already = off, nil, true
		} else if on, err := apply(ctx, set.own, how{fuzz: maxFuzz}, read); err == nil {
			t.on, t.onErr = on, nil
		}
	}
	return t
}

// ownArm is the arm with or without the user's patches, which need not hold the
// fix: that is what the rig is to find out. But the variant without them must lack
// it, or a comparison would say the reverse.
func (set patchSet) ownArm(ctx context.Context, fix Fix, in, patched bool, read reader) (arm, error) {
	t := set.try(ctx, read)
	name := set.names()
	refuse := func(format string, args ...any) (arm, error) {
		return arm{}, &fault.Error{
			Kind: fault.User, Op: "apply " + name, Err: fmt.Errorf(format, args...),
			Try: "no --patch: kcovrig takes the fix out by itself; or kcovrig run --as-is on the tree with the change",
		}
	}
	tree := arm{variant: variant{}}
	switch {
	case t.already:
		tree.notes = append(t.off.notes, name+" is in the tree already: the patched kernel is the tree as it stands, the unpatched one is made by taking it out")
		out := fix.state(t.off.variant, in)
		if out && in {
			tree.notes = []string{name + " is in the tree already, and the fix is in without it too: the unpatched kernel lacks the fix alone"}
		}
		switch {
		case out && !in:
			return refuse("it takes the fix out, and the tree lacks it already: it is a revert, and the kernel without it would be the fixed one")
		case patched:
			return tree, nil
		case out:
			made, err := set.seriesArm(ctx, fix, false, read)
			made.notes = tree.notes
			return made, err
		}
		return arm{t.off.variant, t.off.text, tree.notes}, nil
	case t.onErr != nil:
		return arm{}, t.onErr
	case in && !fix.state(t.on.variant, in):
		return refuse("it takes the fix out of the tree: it is a revert, and no kernel would have the fix")
	}
	notes := t.on.notes
	if _, touched := t.on.variant[fix.Source]; !touched {
		notes = append(notes, fmt.Sprintf("%s does not change %s, where the bug is", name, fix.Source))
	}
	if in {
		notes = append(notes, "the tree has the fix without "+name+" too: the unpatched kernel has neither")
	}
	switch {
	case patched:
		return arm{t.on.variant, t.on.text, notes}, nil
	case in:
		made, err := set.seriesArm(ctx, fix, false, read)
		made.notes = notes
		return made, err
	}
	tree.notes = notes
	return tree, nil
}

// names lists the user's patches for messages.
func (set patchSet) names() string {
	var names []string
	for _, p := range set.own {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
