// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"maps"
	"path"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/task"
)

// The ways in which two commits' scopes are known to have the same code.
const (
	bySource = "source" // none of the files that it is made of differs
	byObject = "object" // its objects were built, and their code is the same
)

// Same looks for a commit that was tested itself and has the same code in the
// scope. What orders the two writes, or does not, is in that code alone, and in
// it alone the emulator reorders: what they come to must be the same.
func (w *workspace) Same(ctx context.Context, commit string) (as, by string, err error) {
	judged := w.state.judged()
	known := slices.Sorted(maps.Keys(judged))
	as, err = sameSource(ctx, w.repo, judged, commit)
	switch {
	case err != nil:
		return "", "", err
	case as != "":
		return as, bySource, nil
	case len(known) == 0:
		return "", "", nil
	}
	print, err := w.objects(ctx, commit, judged[known[0]])
	if err != nil || print == "" {
		return "", "", err
	}
	for _, other := range known {
		if judged[other].Fingerprint == print {
			return other, byObject, nil
		}
	}
	return "", "", nil
}

// sameSource looks for a judged commit whose scope is made of the same files. It
// needs the history alone, and builds nothing.
func sameSource(ctx context.Context, repo *gitbisect.Repo, judged map[string]task.Basis, commit string) (string, error) {
	for _, other := range slices.Sorted(maps.Keys(judged)) {
		changes, err := repo.Changed(ctx, other, commit)
		if err != nil {
			return "", err
		}
		if !touches(changes, judged[other].Inputs) {
			return other, nil
		}
	}
	return "", nil
}

// objects builds the scope's objects of the commit and hashes their code; empty
// where they do not build, which the whole kernel's build will tell about.
func (w *workspace) objects(ctx context.Context, commit string, g task.Basis) (string, error) {
	defer w.begin(commit)()
	if err := w.to(ctx, commit); err != nil {
		return "", err
	}
	j, err := w.job(ctx, path.Join(w.state.steps(), commit[:12]+".objects.log"))
	if err != nil {
		return "", err
	}
	err = w.during("objects in scope", func() error { return w.build.Objects(ctx, j, g.Objects) })
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case fault.KindOf(err) == fault.Kernel:
		return "", nil
	case err != nil:
		return "", err
	}
	w.built = w.at
	print, err := w.fingerprint(g)
	if err != nil {
		return "", nil // another form of the code: not the same
	}
	return print, nil
}

// touches says whether changes may reach what is made of inputs: a file of it,
// one that affects every object, or a header that may come or go in the
// place of one of that name.
func touches(changes []gitbisect.Change, inputs []string) bool {
	in, names := map[string]bool{}, map[string]bool{}
	for _, f := range inputs {
		in[f], names[path.Base(f)] = true, true
	}
	return slices.ContainsFunc(changes, func(c gitbisect.Change) bool {
		return in[c.Path] || kernel.Everywhere(c.Path) || (c.Added || c.Deleted) && names[path.Base(c.Path)]
	})
}
