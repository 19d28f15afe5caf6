// SPDX-License-Identifier: Apache-2.0

package kernel

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
	"kcovrig/rig/internal/proc"
)

// defaultRelease is taken where no linux-source package is installed or fetched.
const defaultRelease = "debian:6.12"

// installed is where Debian's linux-source packages put their tarballs.
const installed = "/usr/src"

// origin is where a tree comes from.
type origin struct {
	path   string // folder or tarball
	commit string // of a git revision
	hash   string // of the content
	// fill writes the tree into an empty folder.
	fill func(ctx context.Context, dest string) error
}

// findOrigin resolves Config.Tree and hashes what it stands for.
func (c Config) findOrigin(ctx context.Context, s store) (origin, error) {
	name := c.Tree
	if name == "" {
		name = newestSource(installed, s.sources())
	}
	if name == "" {
		name = defaultRelease
	}
	if release, ok := strings.CutPrefix(name, "debian:"); ok {
		file, err := c.debianTarball(ctx, s, installed, release)
		if err != nil {
			return origin{}, err
		}
		name = file
	}
	if isURL(name) {
		return origin{}, &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("%s is a URL, and --tree names a folder or a file", name),
			Try: "git clone --bare " + proc.Quote([]string{name}) + " linux.git, then --tree=linux.git --rev=REVISION; a tarball: curl -fLO, then --tree=FILE"}
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return origin{}, fault.Wrap(fault.User, "find the tree", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return origin{}, fault.Newf(fault.User, "find the tree", "no kernel folder or tarball: %w", err)
	}
	switch {
	case info.IsDir() && c.Rev != "":
		return gitOrigin(ctx, path, c.Rev)
	case info.IsDir() && onlyGit(path):
		return origin{}, &fault.Error{Kind: fault.User, Op: "find the tree", Err: fmt.Errorf("%s is a git repository without a checkout", path),
			Try: "name what is to be built, such as --rev=HEAD or --rev=v6.12"}
	case info.IsDir():
		return c.folderOrigin(ctx, s, path)
	case c.Rev != "":
		return origin{}, fault.Newf(fault.User, "find the tree", "--rev needs a git folder, and %s is a file", path)
	case !info.Mode().IsRegular() || !isTarball(path):
		return origin{}, fault.Newf(fault.User, "find the tree", "%s is neither a folder nor an archive (%s)", path, strings.Join(archiveSuffixes, ", "))
	}
	return c.tarballOrigin(s, path, info)
}

// memo is what an unchanged file or folder hashed to.
type memo struct{ Stat, Hash string }

func (s store) memoPath(path string) string {
	return filepath.Join(s.dir, "memo", disk.Sum([]byte(path))[:32]+".json")
}

func (c Config) tarballOrigin(s store, path string, info os.FileInfo) (origin, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return origin{}, fault.Wrap(fault.User, "find the tree", err)
	}
	known := memo{}
	stat := fmt.Sprintf("%d %d %d %d", info.Size(), info.ModTime().UnixNano(), st.Ino, st.Ctim.Nano())
	if !readJSON(s.memoPath(path), &known) || known.Stat != stat {
		c.say("hashing %s", path)
		hash, err := disk.FileSum(path)
		if err != nil {
			return origin{}, fault.Wrap(fault.User, "read the tree", err)
		}
		known = memo{stat, hash}
		if err := writeJSON(s.memoPath(path), known); err != nil {
			return origin{}, err
		}
	}
	return origin{path: path, hash: known.Hash, fill: func(ctx context.Context, dest string) error {
		return unpackTarball(ctx, path, dest)
	}}, nil
}

func (c Config) folderOrigin(ctx context.Context, s store, path string) (origin, error) {
	if err := checkTree(path); err != nil {
		return origin{}, err
	}
	entries, outside, err := manifest(ctx, path)
	if err == nil {
		err = c.leaveOut(ctx, path, outside)
	}
	if err != nil {
		return origin{}, err
	}
	known, stat := memo{}, statHash(entries)
	if !readJSON(s.memoPath(path), &known) || known.Stat != stat {
		c.say("hashing %s", path)
		hash, err := contentHash(ctx, path, entries)
		if err != nil {
			return origin{}, err
		}
		known = memo{stat, hash}
		if err := writeJSON(s.memoPath(path), known); err != nil {
			return origin{}, err
		}
	}
	return origin{path: path, hash: known.Hash, fill: func(ctx context.Context, dest string) error {
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

// sources is where packages that are not installed are kept; set-up puts the
// ones that it fetches there too.
func (s store) sources() string { return filepath.Join(s.dir, "sources") }

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
