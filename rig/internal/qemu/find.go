// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"os"
	"path/filepath"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

const getQEMU = "kcovrig doctor --fix, which unpacks a newer QEMU beside the system's packages"

// Search says where to look for QEMU.
type Search struct {
	Arch     arch.Arch
	Override string
	Argv     []string // how it was started before; nil, or not there any more: look for one
	CacheDir string
}

// Program is a QEMU that can be started.
type Program struct {
	Argv      []string // program and leading arguments
	Version   string
	PluginAPI int // 0: no plugins
}

// Find takes the QEMU that was named, else the one that was used before, else the
// system's if the memory emulator can use it, else the one that scripts/setup unpacked
// into the cache, else the system's as it is.
func Find(ctx context.Context, cfg Search) (Program, error) {
	if cfg.Override != "" {
		path, err := proc.LookPath(cfg.Override)
		if err != nil {
			return Program{}, fault.Newf(fault.User, "use the QEMU that was named", "%v", err) // a wrong name is no fault of the rig
		}
		return probe(ctx, launcher(path, cfg.Arch), cfg.Arch)
	}
	if len(cfg.Argv) > 0 {
		if _, err := proc.LookPath(cfg.Argv[0]); err == nil {
			return probe(ctx, cfg.Argv, cfg.Arch)
		}
	}
	var found Program
	system, err := proc.LookPath(cfg.Arch.QEMU)
	if err == nil {
		if found, err = probe(ctx, launcher(system, cfg.Arch), cfg.Arch); err == nil && found.PluginAPI >= MinPluginAPI {
			return found, nil
		}
	}
	if private := unpacked(filepath.Join(cfg.CacheDir, "qemu"), cfg.Arch); private != nil {
		return probe(ctx, private, cfg.Arch)
	}
	if err != nil {
		return Program{}, &fault.Error{Kind: fault.Rig, Op: "find " + cfg.Arch.QEMU, Err: err, Try: getQEMU}
	}
	return found, nil
}

func probe(ctx context.Context, argv []string, a arch.Arch) (Program, error) {
	caps, err := Probe(ctx, argv, a)
	return Program{Argv: argv, Version: caps.Version, PluginAPI: caps.PluginAPI}, err
}

// launcher is how the program at path is started: by its own loader where it is
// the wrapper in the bin folder of an unpacked distribution.
func launcher(path string, a arch.Arch) []string {
	if root := filepath.Dir(filepath.Dir(path)); root != "/" && root != "/usr" {
		if argv := unpacked(root, a); argv != nil {
			return argv
		}
	}
	return []string{path}
}

// unpacked returns how to start the QEMU in an unpacked distribution, with that
// distribution's loader, libraries and firmware; nil where there is none.
func unpacked(root string, a arch.Arch) []string {
	program := filepath.Join(root, "usr", "bin", a.QEMU)
	if _, err := os.Stat(program); err != nil {
		return nil
	}
	loaders, _ := filepath.Glob(filepath.Join(root, "usr", "lib", "*-linux-gnu", "ld-linux-*.so.*"))
	if len(loaders) == 0 {
		return nil
	}
	return []string{
		loaders[0], "--library-path", filepath.Dir(loaders[0]), program,
		"-L", filepath.Join(root, "usr", "share", "qemu"), "-L", filepath.Join(root, "usr", "share", "seabios"),
	}
}

// CanEmulate says why the memory emulator cannot run on p, and what mends it; nil
// where it can.
func (p Program) CanEmulate() error {
	err := Capabilities{Version: p.Version, Plugins: p.PluginAPI > 0, PluginAPI: p.PluginAPI}.CheckMemoryEmulator()
	if err == nil {
		return nil
	}
	return &fault.Error{
		Kind: fault.Rig, Op: "use QEMU " + p.Version, Err: err,
		Try: getQEMU + "; or --memory-model=native, to do without the emulator",
	}
}
