// SPDX-License-Identifier: Apache-2.0

// Package source finds the source tree that a user means: a folder, a git revision, a
// tarball, the distribution's source package. It owns what counts as a tree, its
// hash, and unpacking or copying it. It leaves where copies lie to the cache.
package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
)

// defaultRelease is taken where no linux-source package is installed or fetched, and
// apt knows of it or of none.
const defaultRelease = "debian:6.12"

// installed is where Debian's linux-source packages put their tarballs.
const installed = "/usr/src"

// Request says which tree is meant, as kernel.Config does.
type Request struct {
	Tree, Rev string
	// Say is told in one line what begins.
	Say func(format string, args ...any)
}

// Origin is where a tree comes from.
type Origin struct {
	Path   string // folder or tarball
	Commit string // of a git revision
	Hash   string // of the content
	// Fill writes the tree into an empty folder.
	Fill func(ctx context.Context, dest string) error
}

// aTree is what helps where what was named is none.
const aTree = "--tree with the top folder of a kernel's source, an archive of one, or debian:6.12"

// Find resolves what is asked for and hashes what it stands for.
func (r Request) Find(ctx context.Context, s store.Store) (Origin, error) {
	name := r.Tree
	if name == "" {
		name = newestSource(installed, sources(s))
	}
	if name == "" {
		name = r.knownToApt(ctx)
	}
	if release, ok := strings.CutPrefix(name, "debian:"); ok {
		file, err := r.debianTarball(ctx, s, installed, release)
		if err != nil {
			return Origin{}, err
		}
		name = file
	}
	if isURL(name) {
		return Origin{}, &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("%s is a URL, and --tree names a folder or a file", name),
			Try: "git clone --bare " + proc.Quote([]string{name}) + " linux.git, then --tree=linux.git --rev=REVISION; a tarball: curl -fLO, then --tree=FILE"}
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return Origin{}, fault.Wrap(fault.User, "find the tree", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Origin{}, &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("no kernel folder or tarball: %w", err), Try: aTree}
	}
	switch {
	case info.IsDir() && r.Rev != "":
		return gitOrigin(ctx, path, r.Rev)
	case info.IsDir() && onlyGit(path):
		return Origin{}, &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("%s is a git repository without a checkout", path),
			Try: "name what is to be built, such as --rev=HEAD or --rev=v6.12"}
	case info.IsDir():
		return r.folderOrigin(ctx, s, path)
	case r.Rev != "":
		return Origin{}, fault.Newf(fault.User, "find the tree", "--rev needs a git folder, and %s is a file", path)
	case !info.Mode().IsRegular() || !isTarball(path):
		return Origin{}, &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("%s is neither a folder nor an archive (%s)", path, strings.Join(archiveSuffixes, ", ")), Try: aTree}
	}
	return r.tarballOrigin(s, path, info)
}

// memo is what an unchanged file or folder hashed to.
type memo struct{ Stat, Hash string }

func memoPath(s store.Store, path string) string {
	return filepath.Join(s.Dir, "memo", disk.Sum([]byte(path))[:32]+".json")
}

func (r Request) tarballOrigin(s store.Store, path string, info os.FileInfo) (Origin, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return Origin{}, fault.Wrap(fault.User, "find the tree", err)
	}
	known := memo{}
	stat := fmt.Sprintf("%d %d %d %d", info.Size(), info.ModTime().UnixNano(), st.Ino, st.Ctim.Nano())
	if !store.ReadJSON(memoPath(s, path), &known) || known.Stat != stat {
		r.Say("hashing %s", path)
		hash, err := disk.FileSum(path)
		if err != nil {
			return Origin{}, fault.Wrap(fault.User, "read the tree", err)
		}
		known = memo{stat, hash}
		if err := store.WriteJSON(memoPath(s, path), known); err != nil {
			return Origin{}, err
		}
	}
	return Origin{Path: path, Hash: known.Hash, Fill: func(ctx context.Context, dest string) error {
		return unpackTarball(ctx, path, dest)
	}}, nil
}

func (r Request) folderOrigin(ctx context.Context, s store.Store, path string) (Origin, error) {
	if err := Check(path); err != nil {
		return Origin{}, err
	}
	entries, outside, err := manifest(ctx, path)
	if err == nil {
		err = r.leaveOut(ctx, path, outside)
	}
	if err != nil {
		return Origin{}, err
	}
	known, stat := memo{}, statHash(entries)
	if !store.ReadJSON(memoPath(s, path), &known) || known.Stat != stat {
		r.Say("hashing %s", path)
		hash, err := contentHash(ctx, path, entries)
		if err != nil {
			return Origin{}, err
		}
		known = memo{stat, hash}
		if err := store.WriteJSON(memoPath(s, path), known); err != nil {
			return Origin{}, err
		}
	}
	return Origin{Path: path, Hash: known.Hash, Fill: func(ctx context.Context, dest string) error {
		if err := copyFolder(ctx, path, entries, dest); err != nil {
			return err
		}
		// The user may have saved a file meanwhile: only what was hashed is taken.
		copied, _, err := manifest(ctx, dest)
		if err != nil {
			return err
		}
		hash, err := contentHash(ctx, dest, copied)
		if err == nil && hash != known.Hash {
			err = fault.Newf(fault.User, "copy the tree", "%s changed while it was copied: run again", path)
		}
		return err
	}}, nil
}

var sourceName = regexp.MustCompile(`^linux-source-([0-9]+(?:\.[0-9]+)*)\.tar\.(xz|gz|zst)$`)

// sources is where packages that are not installed are kept; scripts/setup puts the
// ones that it fetches there too.
func sources(s store.Store) string { return filepath.Join(s.Dir, "sources") }

// newestSource returns the linux-source tarball of the highest version in the
// first of dirs that has any, or "".
func newestSource(dirs ...string) string {
	best, bestVersion := "", ""
	for _, dir := range dirs {
		items, _ := os.ReadDir(dir)
		for _, item := range items {
			m := sourceName.FindStringSubmatch(item.Name())
			if m != nil && (best == "" || versionLess(bestVersion, m[1])) {
				best, bestVersion = filepath.Join(dir, item.Name()), m[1]
			}
		}
		if best != "" {
			break
		}
	}
	return best
}

// versionLess compares dotted numbers.
func versionLess(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(as) && i < len(bs); i++ {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}
