// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/trial"
)

func config(t *testing.T, name string) Config {
	t.Helper()
	a, err := arch.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Name: "unpatched", Arch: a, Binary: []string{"loader", "--library-path", "lib", a.QEMU, "-L", "share"},
		Accel: trial.AccelTCG, CPUs: 4, MemoryMiB: 256, Kernel: "k/Image", Initrd: "k/initramfs.cpio",
		Dir: "out/unpatched", Sockets: "s",
	}
}

func TestArgsGolden(t *testing.T) {
	for _, name := range arch.Names() {
		plain := config(t, name)
		plugin := plain
		plugin.Plugin, plugin.PluginArgs = "p/weak,mem.so", []string{"seed=1", "plan=a,b"}
		plugin.Cmdline = []string{"quiet", "maxcpus=2"}
		kvm := plain
		kvm.Accel = trial.AccelKVM
		oops := plain
		oops.SurviveOops = true
		for variant, c := range map[string]Config{"tcg": plain, "plugin": plugin, "kvm": kvm, "oops": oops} {
			got := strings.Join(Args(c), "\n") + "\n"
			goldentest.Check(t, name+"-"+variant+".golden", got)
			if again := strings.Join(Args(c), "\n") + "\n"; again != got {
				t.Errorf("%s-%s: not the same twice", name, variant)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	if err := config(t, "arm64").Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Config){
		"no architecture":     func(c *Config) { c.Arch = arch.Arch{} },
		"no QEMU":             func(c *Config) { c.Binary = nil },
		"not decided":         func(c *Config) { c.Accel = trial.AccelAuto },
		"0 CPUs":              func(c *Config) { c.CPUs = 0 },
		"0 MiB":               func(c *Config) { c.MemoryMiB = 0 },
		"no kernel":           func(c *Config) { c.Kernel = "" },
		"no initramfs":        func(c *Config) { c.Initrd = "" },
		"no folder":           func(c *Config) { c.Dir = "" },
		"needs tcg":           func(c *Config) { c.Accel, c.Plugin = trial.AccelKVM, "p.so" },
		"without a plugin":    func(c *Config) { c.PluginArgs = []string{"a=b"} },
		`option "a b"`:        func(c *Config) { c.Cmdline = []string{"a b"} },
		`command line option`: func(c *Config) { c.Cmdline = []string{""} },
	} {
		c := config(t, "arm64")
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || fault.KindOf(err) != fault.Rig {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestCheckKernel(t *testing.T) {
	for _, name := range arch.Names() {
		own, _ := arch.Lookup(name)
		path := filepath.Join(t.TempDir(), "kernel")
		image := make([]byte, 4096)
		copy(image[own.ImageMagicAt:], own.ImageMagic)
		if err := os.WriteFile(path, image, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, other := range arch.Names() {
			a, _ := arch.Lookup(other)
			if err := CheckKernel(a, path); (err == nil) != (name == other) {
				t.Errorf("a kernel of %s taken for one of %s: %v", name, other, err)
			}
		}
		if err := os.WriteFile(path, image[:own.ImageMagicAt], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := CheckKernel(own, path); fault.KindOf(err) != fault.Kernel {
			t.Errorf("a cut kernel of %s: %v", name, err)
		}
	}
}

func TestDiagnose(t *testing.T) {
	for console, want := range map[string]struct {
		kind fault.Kind
		line string
	}{
		"":                   {fault.Unknown, ""},
		"ok\nRun /init\r\n":  {fault.Unknown, ""},
		"WARNING: CPU: 0 \n": {fault.Unknown, ""},
		"a\nKernel panic - not syncing: Attempted to kill init! exitcode=0x2\r\n": {
			fault.Guest, "Kernel panic - not syncing: Attempted to kill init! exitcode=0x2"},
		"Internal error: Oops: 1\r\nregs\nKernel panic - not syncing: Attempted to kill init!\nmore": {
			fault.Kernel, "Internal error: Oops: 1; Kernel panic - not syncing: Attempted to kill init!"},
		"[ 1.2] Kernel panic - not syncing: VFS": {fault.Kernel, "[ 1.2] Kernel panic - not syncing: VFS"},
		"kernel BUG at mm/x.c:1!":                {fault.Kernel, "kernel BUG at mm/x.c:1!"},
		"Kernel BUG at f+0x1/0x2 [verbose]":      {fault.Kernel, "Kernel BUG at f+0x1/0x2 [verbose]"},
	} {
		if kind, line := Diagnose([]byte(console)); kind != want.kind || line != want.line {
			t.Errorf("%q: %v, %q", console, kind, line)
		}
	}
}
