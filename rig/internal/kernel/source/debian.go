// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
)

var releaseForm = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

var packageLine = regexp.MustCompile(`(?m)^linux-source-([0-9]+\.[0-9]+) - `)

// knownToApt is the release that is built where none is named: the default one, but on a
// Debian whose archive has others alone the newest of these.
func (r Request) knownToApt(ctx context.Context) string {
	known, err := proc.Run(ctx, proc.Command{Path: "apt-cache", Args: []string{"search", "--names-only", "^linux-source-[0-9]"}, Kind: fault.User, Op: "ask apt for kernels"})
	best := ""
	for _, m := range packageLine.FindAllStringSubmatch(string(known.Stdout), -1) {
		switch name := "debian:" + m[1]; {
		case name == defaultRelease:
			return defaultRelease
		case best == "" || versionLess(best, m[1]):
			best = m[1]
		}
	}
	if err != nil || best == "" {
		return defaultRelease // to fetch it says what is wrong
	}
	r.Say("this Debian has no %s; taking debian:%s (kcovrig doctor --fix fetches the other)", defaultRelease, best)
	return "debian:" + best
}

// debianTarball returns the tarball of the package linux-source-RELEASE: the
// installed one, else one that the machine's own apt fetches into the cache.
func (r Request) debianTarball(ctx context.Context, s store.Store, installedIn, release string) (string, error) {
	if !releaseForm.MatchString(release) {
		return "", fault.Newf(fault.User, "find the tree", "%q is no kernel release: write debian:6.12", "debian:"+release)
	}
	pkg := "linux-source-" + release
	for _, dir := range []string{installedIn, sources(s)} {
		if file := filepath.Join(dir, pkg+".tar.xz"); store.Exists(file) {
			return file, nil
		}
	}
	r.Say("fetching the package %s with apt-get", pkg)
	work, err := s.NewFolder(ctx)
	if err != nil {
		return "", err
	}
	defer work.Close()
	_, err = proc.Run(ctx, proc.Command{Path: "apt-get", Args: []string{"download", pkg}, Dir: work.Dir, Pass: proc.Network, Kind: fault.User, Op: "fetch " + pkg})
	if err != nil {
		if fe := (*fault.Error)(nil); ctx.Err() == nil && errors.As(err, &fe) {
			fe.Try = "apt-get update; if apt-cache policy " + pkg + " then names no candidate, add a suite that has it (backports, say)" +
				andByDoctor(release) + ", or choose another release: apt-cache search --names-only '^linux-source-[0-9]'"
		}
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(work.Dir, pkg+"_*.deb"))
	if len(debs) != 1 {
		return "", fault.Newf(fault.Rig, "fetch "+pkg, "apt-get left %d packages", len(debs))
	}
	_, err = proc.Run(ctx, proc.Command{Path: "dpkg-deb", Args: []string{"-x", debs[0], "out"}, Dir: work.Dir, Kind: fault.Rig, Op: "unpack " + filepath.Base(debs[0])})
	if err != nil {
		return "", err
	}
	kept := filepath.Join(sources(s), pkg+".tar.xz")
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return "", store.DiskFault("keep "+pkg, err)
	}
	return kept, fault.Wrap(fault.Rig, "keep "+pkg, disk.Place(filepath.Join(work.Dir, "out", "usr", "src", pkg+".tar.xz"), kept))
}

// andByDoctor is what gets the default release onto a Debian that is without it.
func andByDoctor(release string) string {
	if "debian:"+release != defaultRelease {
		return ""
	}
	return ", or let kcovrig doctor --fix fetch it from another release of this machine's mirror"
}
