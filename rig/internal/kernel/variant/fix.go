// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/trial"
)

// presence is whether a tree has a fix. The zero value: nothing says so.
type presence int

const (
	fixUnknown presence = iota
	fixLacking          // one of its series goes on the tree
	fixPresent          // one comes off it
)

// standing is what the built-in series are to a tree.
type standing struct {
	presence presence
	by       []mailpatch.Patch // the series that says so
	other    applied           // the tree with the fix where it lacks it, and without it where it has it
	tries    []trial.Tried     // why neither, series by series, where it is not known
}

// stand tries the series that are for the tree's version in their order, forward and
// in reverse. The first that goes on the tree or comes off it decides. One that says
// otherwise leaves that open, and a variant may be the other one: it is an error.
func (set Set) stand(ctx context.Context, read Reader) (standing, error) {
	var s standing
	var by string
	for _, series := range set.series {
		name := names(series.patches)
		if !series.kernels.Holds(set.Version) {
			s.tries = append(s.tries, trial.Tried{Series: name, For: series.kernels.String()})
			continue
		}
		t := try(ctx, series.patches, 0, read)
		found := standing{presence: fixLacking, by: series.patches, other: t.on}
		switch {
		case t.already:
			found = standing{presence: fixPresent, by: series.patches, other: t.off}
		case t.onErr != nil:
			for _, err := range []error{ctx.Err(), t.onErr, t.offErr} {
				if err != nil && fault.KindOf(err) != fault.User { // it could not be tried
					return standing{}, err
				}
			}
			s.tries = append(s.tries, trial.Tried{Series: name, On: t.onErr.Error(), Off: t.offErr.Error(), Near: near(ctx, series.patches, read)})
			continue
		}
		switch s.presence {
		case fixUnknown:
			found.tries, s, by = s.tries, found, name
		case found.presence:
		default:
			return standing{}, contradiction(by, name, s.presence)
		}
	}
	return s, nil
}

// contradiction is the error of two series of which one says that the tree has the
// fix, and the other that it lacks it; first says that it is as presence.
func contradiction(first, second string, presence presence) error {
	lacks, has := first, second
	if presence == fixPresent {
		lacks, has = has, lacks
	}
	return &fault.Error{
		Kind: fault.User, Op: "see whether the tree has the fix",
		Err: fmt.Errorf("%s goes on, which says that it lacks the fix, and %s comes off, which says that it has it", lacks, has),
		Try: "series that say the same of each tree; kernels, in the scenario's fix, keeps one to the versions that it is for",
	}
}

// near is the variant that a tree is by patches that fit it with less context. It decides
// nothing: other code may look like theirs.
func near(ctx context.Context, patches []mailpatch.Patch, read Reader) trial.Variant {
	_, on := apply(ctx, patches, how{fuzz: maxFuzz}, read)
	_, off := apply(ctx, patches, how{fuzz: maxFuzz, reverse: true}, read)
	switch {
	case on != nil && off == nil:
		return trial.Patched
	case on == nil && off != nil:
		return trial.Unpatched
	}
	return ""
}

// tried is how patches fit a tree.
type tried struct {
	on, off       applied
	onErr, offErr error
	already       bool // they are in the tree
}

// try applies patches and takes them back, up to so much context may differ. As
// patch does, it asks whether they are in already before it lets context differ:
// with less of it they might go in twice.
func try(ctx context.Context, patches []mailpatch.Patch, fuzz int, read Reader) tried {
	var t tried
	t.on, t.onErr = apply(ctx, patches, how{}, read)
	t.off, t.offErr = apply(ctx, patches, how{reverse: true}, read)
	switch {
	case t.onErr == nil: // what has no context, or goes in elsewhere, may go in however often
		t.already = (t.on.blind || t.on.moved) && t.offErr == nil && !t.off.moved
	case t.offErr == nil:
		t.already = true
	case fuzz == 0:
	default:
		if off, err := apply(ctx, patches, how{fuzz: fuzz, reverse: true}, read); err == nil {
			t.off, t.offErr, t.already = off, nil, true
		} else if on, err := apply(ctx, patches, how{fuzz: fuzz}, read); err == nil {
			t.on, t.onErr = on, nil
		}
	}
	return t
}

// pathsOf are what patches change of what a kernel is built from, by their paths in
// a tree of which has says what it holds.
func pathsOf(patches []mailpatch.Patch, has func(string) bool) []string {
	paths := map[string]bool{}
	for _, p := range patches {
		parts, _ := built(p.Files(has))
		for _, f := range parts.built {
			paths[f.OldName], paths[f.NewName] = true, true
		}
	}
	delete(paths, "") // of a file that is made or deleted
	return slices.Sorted(maps.Keys(paths))
}

// HasFix says whether a tree has what the series fix, with the error of a fix that does
// not apply where nothing says so, and of one that is no code.
func (set Set) HasFix(ctx context.Context, read Reader) (bool, error) {
	s, err := set.stand(ctx, read)
	switch {
	case err != nil:
	case s.presence == fixUnknown:
		err = notApplicable(s.tries)
	default:
		err = idle(s.by, s.other.changes, read)
	}
	return s.presence == fixPresent, err
}

// notApplicable is the error where neither the fix goes on the tree nor comes off it.
func notApplicable(tries []trial.Tried) error {
	return &fault.Error{
		Kind: fault.User, Op: "see whether the tree has the fix",
		Err: &trial.NotApplicable{Why: "no series goes on this tree, and none comes off it", Tries: tries},
		Try: "a kernel that one of the series is for; --patch with the fix as it fits this one; or kcovrig run --as-is, which needs no fix",
	}
}

// Unit is a source file and the object that kbuild makes of it, below the tree and
// below the build folder.
type Unit struct{ Source, Object string }

// Units are those of the fix's files that are compiled by themselves, and the named ones. What a user's
// own patch changes beside them has no part in it: kernels with and without
// it are of one family.
func (set Set) Units() []Unit {
	var list []Unit
	for _, source := range set.sources {
		if ext := path.Ext(source); ext == ".c" || ext == ".S" {
			list = append(list, Unit{source, strings.TrimSuffix(source, ext) + ".o"})
		}
	}
	for _, object := range set.Named {
		if !slices.ContainsFunc(list, func(u Unit) bool { return u.Object == object }) {
			list = append(list, Unit{strings.TrimSuffix(object, ".o") + ".c", object})
		}
	}
	return list
}

// Headers are those of the fix's files that others include.
func (set Set) Headers() []string {
	return slices.DeleteFunc(slices.Clone(set.sources), func(source string) bool { return path.Ext(source) != ".h" })
}

// Key is what the units and headers, which are kept beside a build, are in a key.
func (set Set) Key() []any {
	var key []any
	for _, u := range set.Units() {
		key = append(key, u.Source, u.Object)
	}
	for _, h := range set.Headers() {
		key = append(key, h)
	}
	return key
}
