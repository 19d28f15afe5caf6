// SPDX-License-Identifier: Apache-2.0

// Package doctor owns the check of what the rig needs of a machine: tools,
// headers, QEMU, room, memory, and whether KVM boots a guest, and has what is missing
// installed. How that is done is left to scripts/setup, which it runs, and how a check
// reads to rig/report.
package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"

	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/trial"
)

// Examine checks every prerequisite. An error means that it could not look.
func Examine(ctx context.Context, cfg Config) ([]trial.Check, error) {
	cfg, archs, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	checks := append(toolChecks(archs), sandboxCheck(ctx), sourceCheck(cfg.CacheDir))
	for _, a := range archs {
		checks = append(checks, guestCheck(a), qemuCheck(ctx, cfg, a))
	}
	checks = append(checks, roomCheck("disk space", existing(cfg.CacheDir), 6<<30, "kcovrig cache prune"),
		memoryCheck(host.AvailableMemory(), 2*boot.RAMBytes))
	checks = append(checks, kvmCheck(ctx, cfg))
	return checks, ctx.Err()
}

// tool is a program or header, the packages that bring it, and whether it is required.
type tool struct {
	name, path string
	packages   []string
	required   bool
}

func toolChecks(archs []arch.Arch) []trial.Check {
	tools := []tool{
		{"make", "make", []string{"make"}, true},
		{"host compiler", "gcc", []string{"gcc", "libc6-dev"}, true},
		{"plugin compiler", "cc", []string{"gcc", "libc6-dev"}, true},
		{"flex", "flex", []string{"flex"}, true},
		{"bison", "bison", []string{"bison"}, true},
		{"bc", "bc", []string{"bc"}, true},
		{"perl", "perl", []string{"perl"}, true},
		{"C library headers", "/usr/include/stdlib.h", []string{"libc6-dev"}, true},
		{"ELF library headers", "/usr/include/gelf.h", []string{"libelf-dev"}, true},
		{"git", "git", []string{"git"}, true}, // puts patches on
		{"xz", "xz", []string{"xz-utils"}, true},
		{"OpenSSL headers", "/usr/include/openssl/ssl.h", []string{"libssl-dev"}, false},
		{"ccache", "ccache", []string{"ccache"}, false},
		{"clang", "clang", []string{"clang"}, false},
		{"LLVM linker", "ld.lld", []string{"lld"}, false},
		{"LLVM tools", "llvm-ar", []string{"llvm"}, false},
	}
	for _, a := range archs {
		if runtime.GOARCH != a.GOARCH {
			tools = append(tools, tool{a.Name + " compiler", a.CrossCompile + "gcc", a.Packages, true},
				tool{a.Name + " linker", a.CrossCompile + "ld", a.Packages, true})
		}
	}
	checks := make([]trial.Check, 0, len(tools))
	for _, t := range tools {
		checks = append(checks, t.check())
	}
	return checks
}

func (t tool) check() trial.Check {
	c := trial.Check{Name: t.name, Required: t.required, Fix: aptInstall(t.packages...), Setup: append([]string{install}, t.packages...)}
	var err error
	if filepath.IsAbs(t.path) {
		c.Detail = t.path
		_, err = os.Stat(t.path)
	} else {
		c.Detail, err = proc.LookPath(t.path)
	}
	if c.OK = err == nil; c.OK {
		c.Fix = ""
	} else {
		c.Detail = "no " + t.path
	}
	return c
}

// sandboxCheck tries what --sandbox builds in. Nothing else needs it.
func sandboxCheck(ctx context.Context) trial.Check {
	const pkg = "bubblewrap"
	c := trial.Check{Name: "build sandbox", Setup: []string{install, pkg}}
	path, err := proc.LookPath("bwrap")
	if err != nil {
		c.Detail, c.Fix = "no bwrap", aptInstall(pkg)
		return c
	}
	if err := proc.CheckSandbox(ctx); err != nil {
		c.Detail, c.Fix = err.Error(), fault.TryOf(err)
		return c
	}
	c.OK, c.Detail = true, path
	return c
}

// aptInstall is the command that installs Debian packages.
func aptInstall(packages ...string) string {
	cmd := "apt-get install --no-install-recommends"
	if os.Geteuid() != 0 {
		cmd = "sudo " + cmd
	}
	for _, p := range packages {
		cmd += " " + p
	}
	return cmd
}

// sourceCheck looks for a kernel to build where none is named. It is no
// requirement: --tree names another.
func sourceCheck(cacheDir string) trial.Check {
	c := trial.Check{Name: "kernel source", Fix: fix, Setup: []string{"source", "6.12"}}
	for _, pattern := range []string{"/usr/src/linux-source-*.tar.*", filepath.Join(cacheDir, "sources", "linux-source-*.tar.*")} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			c.OK, c.Detail, c.Fix = true, found[len(found)-1], ""
			return c
		}
	}
	c.Detail = "no linux-source package is installed; --tree can name another kernel"
	return c
}

func guestCheck(a arch.Arch) trial.Check {
	c := trial.Check{Name: a.Name + " guest", Required: true}
	guest, err := initramfs.Guest(a)
	if err != nil {
		c.Detail, c.Fix = err.Error(), "scripts/build"
		return c
	}
	c.OK, c.Detail = true, fmt.Sprintf("%d KiB, embedded", len(guest)>>10)
	return c
}

// roomCheck wants free bytes in dir.
func roomCheck(name, dir string, want uint64, fix string) trial.Check {
	c := trial.Check{Name: name, Required: true}
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		c.Detail = err.Error()
		return c
	}
	free := stat.Bavail * uint64(stat.Bsize)
	c.OK = free >= want
	c.Detail = fmt.Sprintf("%.1f GiB free in %s, %.1f needed", float64(free)/(1<<30), dir, float64(want)/(1<<30))
	if !c.OK {
		c.Fix = fix
	}
	return c
}

// memoryCheck holds what is free against what two guests need, in bytes.
func memoryCheck(free, want uint64) trial.Check {
	c := trial.Check{Name: "guest memory", Required: true, OK: free >= want,
		Detail: fmt.Sprintf("%.1f GiB available, %.1f needed", float64(free)/(1<<30), float64(want)/(1<<30))}
	switch {
	case free == 0:
		c.Required, c.Detail = false, "not known"
	case !c.OK:
		c.Fix = "end what takes memory"
	}
	return c
}

// existing is dir, or the closest folder above it that exists.
func existing(dir string) string {
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return dir
}
