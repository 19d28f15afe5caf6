// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/fault"
)

// patchSet is everything that can be put on or taken from a tree.
type patchSet struct {
	own    []change   // the user's patch; empty: none
	series [][]change // the built-in ones
}

func (c Config) patches() (patchSet, error) {
	var set patchSet
	for _, s := range c.Series {
		changes, err := parseSeries(s)
		if err != nil {
			return patchSet{}, err
		}
		set.series = append(set.series, changes)
	}
	if c.PatchFile == "" {
		return set, nil
	}
	text, err := os.ReadFile(c.PatchFile)
	if err != nil {
		return patchSet{}, fault.Wrap(fault.User, "read the patch", err)
	}
	set.own, err = parsePatch(filepath.Base(c.PatchFile), text)
	return set, err
}

// arm returns the files in which the patched or unpatched arm differs from
// the tree, and what was put on or taken off for that. What decides is the code in
// fix.Source.
func (set patchSet) arm(fix Fix, patched bool, read reader) (variant, []change, error) {
	source, err := read(fix.Source)
	if err != nil {
		return nil, nil, fault.Newf(fault.User, "read the tree", "no kernel tree that this scenario fits: %w", err)
	}
	in, err := fix.In(source)
	if err != nil {
		return nil, nil, fault.Wrap(fault.User, "look for the fix", err)
	}
	if set.own != nil {
		return set.ownArm(fix, in, patched, read)
	}
	if in == patched {
		return variant{}, nil, nil
	}
	return set.seriesArm(fix, patched, read)
}

// seriesArm puts the first built-in series that fits on the tree, or takes it out.
func (set patchSet) seriesArm(fix Fix, patched bool, read reader) (variant, []change, error) {
	var failures []error
	for _, series := range set.series {
		v, err := apply(series, !patched, variant{}, read)
		if err == nil {
			err = fix.expect(v, patched)
		}
		if err == nil {
			return v, series, nil
		}
		failures = append(failures, err)
	}
	what := "the tree has the fix, and no known series can be taken out of it"
	if patched {
		what = "the tree lacks the fix, and no known series applies"
	}
	return nil, nil, fault.Newf(fault.User, "prepare the tree", "%s:\n%w", what, errors.Join(failures...))
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

// ownArm is the arm with or without the user's patch, which need not hold the
// fix: that is what the rig is to find out.
func (set patchSet) ownArm(fix Fix, in, patched bool, read reader) (variant, []change, error) {
	on, onErr := apply(set.own, false, variant{}, read)
	off, offErr := apply(set.own, true, variant{}, read)
	switch {
	case onErr == nil && patched:
		return on, set.own, nil
	case onErr == nil && in:
		return set.seriesArm(fix, false, read)
	case onErr == nil:
		return variant{}, nil, nil
	case offErr != nil:
		return nil, nil, onErr
	case patched:
		return variant{}, nil, nil
	default:
		return off, set.own, nil
	}
}
