// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

var releaseForm = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

// debianTarball returns the tarball of the package linux-source-RELEASE: the
// installed one, else one that the machine's own apt fetches into the cache.
func (c Config) debianTarball(ctx context.Context, s store, installedIn, release string) (string, error) {
	if !releaseForm.MatchString(release) {
		return "", fault.Newf(fault.User, "find the tree", "%q is no kernel release: write debian:6.12", "debian:"+release)
	}
	pkg := "linux-source-" + release
	for _, dir := range []string{installedIn, s.sources()} {
		if file := filepath.Join(dir, pkg+".tar.xz"); exists(file) {
			return file, nil
		}
	}
	c.say("fetching the package %s with apt-get", pkg)
	work, err := s.scratch(ctx)
	if err != nil {
		return "", err
	}
	defer work.Close()
	_, err = proc.Run(ctx, proc.Command{Path: "apt-get", Args: []string{"download", pkg}, Dir: work.dir, Pass: proc.Network, Kind: fault.User, Op: "fetch " + pkg})
	if err != nil {
		if fe := (*fault.Error)(nil); ctx.Err() == nil && errors.As(err, &fe) {
			fe.Try = "apt-get update; if apt-cache policy " + pkg + " then names no candidate, add a suite that has it " +
				"(backports, say), or choose another release: apt-cache search --names-only '^linux-source-[0-9]'"
		}
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(work.dir, pkg+"_*.deb"))
	if len(debs) != 1 {
		return "", fault.Newf(fault.Rig, "fetch "+pkg, "apt-get left %d packages", len(debs))
	}
	_, err = proc.Run(ctx, proc.Command{Path: "dpkg-deb", Args: []string{"-x", debs[0], "out"}, Dir: work.dir, Kind: fault.Rig, Op: "unpack " + filepath.Base(debs[0])})
	if err != nil {
		return "", err
	}
	kept := filepath.Join(s.sources(), pkg+".tar.xz")
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return "", diskFault("keep "+pkg, err)
	}
	return kept, fault.Wrap(fault.Rig, "keep "+pkg, os.Rename(filepath.Join(work.dir, "out", "usr", "src", pkg+".tar.xz"), kept))
}
