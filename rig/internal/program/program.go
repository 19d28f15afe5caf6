// SPDX-License-Identifier: Apache-2.0

// Package program makes the program that a scenario brings as its workload: a
// static binary for the guest, compiled from C or taken as it is. It owns the
// compiler's arguments and the cache of what was compiled; it leaves the scenario's file
// to rig/scenario, putting the program into an archive to rig/internal/initramfs, and
// running it to the guest.
package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// most is how large a program may be, as one that a scenario brings ready.
const most = 16 << 20

// Files by which the compiler (gcc's -MD: not -MMD, which leaves out what any header that
// says of itself to be the system's includes) and the assembler (--MD: what .incbin takes)
// say what they read.
const (
	included  = ".included.d"
	assembled = ".assembled.d"
)

// Config says which program. One of Source and Binary is set.
type Config struct {
	Arch     arch.Arch
	CacheDir string
	Files    fs.FS  // the scenario's folder
	Source   string // a C file in it; headers beside it are found
	Binary   string // a static ELF in it
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	if (c.Source == "") == (c.Binary == "") {
		return errors.New("a program is made of source, or is a binary: one of the two")
	}
	if name := c.Source + c.Binary; !fs.ValidPath(name) {
		return fmt.Errorf("%q is no path in the scenario's folder", name)
	}
	if c.Files == nil || c.CacheDir == "" || c.Arch.Name == "" {
		return errors.New("no folder, no cache or no architecture")
	}
	return nil
}

// Build returns the program. What was compiled before is in the cache. Whether the
// guest could run it, its archive finds out.
func Build(ctx context.Context, c Config) ([]byte, error) {
	const op = "build the workload"
	if err := c.Validate(); err != nil {
		return nil, fault.Wrap(fault.User, op, err)
	}
	if c.Binary != "" {
		raw, err := fs.ReadFile(c.Files, c.Binary)
		return raw, fault.Wrap(fault.User, op, err)
	}
	key, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(c.CacheDir, "programs", key)
	if raw, err := os.ReadFile(kept); err == nil {
		return raw, nil
	}
	raw, err := c.compile(ctx, key)
	if err != nil {
		return nil, err
	}
	return raw, fault.Wrap(fault.Rig, op, disk.WriteFile(kept, raw))
}

func (c Config) compiler() string { return c.Arch.CrossCompile + "gcc" }

// Args are the compiler's arguments: the program is linked statically, and keeps its
// symbols, by which it may be put into the emulator's scope.
func (c Config) Args(out string) []string {
	return []string{"-static", "-O2", "-pthread", "-Wall", "-pipe", "-MD", "-MF", included, "-Wa,--MD," + assembled, "-o", out, c.Source}
}

// inputs are the files that the compiler may read, sorted.
func (c Config) inputs() (map[string][]byte, error) {
	files := map[string][]byte{}
	headers, err := fs.Glob(c.Files, path.Join(path.Dir(c.Source), "*.h"))
	if err != nil {
		return nil, err
	}
	for _, name := range append(headers, c.Source) {
		raw, err := fs.ReadFile(c.Files, name)
		if err != nil {
			return nil, err
		}
		files[name] = raw
	}
	return files, nil
}

// key names what the compiler makes of the files.
func (c Config) key(ctx context.Context) (string, error) {
	const op = "name the workload"
	files, err := c.inputs()
	if err != nil {
		return "", fault.Wrap(fault.User, op, err)
	}
	out, err := proc.Run(ctx, proc.Command{Path: c.compiler(), Args: []string{"--version"}, Kind: fault.Rig, Op: op})
	if err != nil {
		return "", &fault.Error{
			Kind: fault.KindOf(err), Op: op, Err: err, Try: "apt-get install " + strings.Join(append(slices.Clone(c.Arch.Packages), c.Arch.LibcPackage), " "),
		}
	}
	sum := disk.NewHash()
	fmt.Fprintf(sum, "%q\n%s", c.Args("workload"), out.Stdout)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%q %d\n%s", name, len(files[name]), files[name])
	}
	return sum.Hex(), nil
}

// compile makes the program of a key in a folder of its own.
func (c Config) compile(ctx context.Context, key string) (raw []byte, err error) {
	const op = "compile the workload"
	files, err := c.inputs()
	if err != nil {
		return nil, fault.Wrap(fault.User, op, err)
	}
	temp, err := disk.NewWorkFolder()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, temp.Close()) }()
	for name, text := range files {
		file := filepath.Join(temp.Dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
	}
	const out = ".workload"
	log := filepath.Join(c.CacheDir, "logs", key+".log")
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	if _, err := proc.Run(ctx, proc.Command{
		Path: c.compiler(), Args: c.Args(out), Dir: temp.Dir, Kind: fault.User, Op: op,
		Log: log,
	}); err != nil {
		return nil, err
	}
	if err := c.readNoMore(ctx, temp.Dir); err != nil {
		return nil, fault.Wrap(fault.User, op, err)
	}
	raw, err = os.ReadFile(filepath.Join(temp.Dir, out))
	if len(raw) > most {
		return nil, fault.Newf(fault.User, op, "%s makes a program of %d MiB, more than the %d that one may have", c.Source, len(raw)>>20, most>>20)
	}
	return raw, fault.Wrap(fault.Rig, op, err)
}
