// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]string{
		"QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)\nCopyright": "11.1.3",
		"QEMU emulator version 7.2.17":                                           "7.2.17",
		"GNU bash, version 5.2":                                                  "",
		"":                                                                       "",
	} {
		c, err := parseVersion(text)
		if c.Version != want || (err == nil) != (want != "") {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

func TestPluginAPIAndTheEmulator(t *testing.T) {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m["qemu_plugin_"+n] = true
		}
		return m
	}
	for _, c := range []struct {
		caps    Capabilities
		symbols map[string]bool
		api     int
		usable  bool
	}{
		{Capabilities{Version: "7.2.17", Plugins: true}, set(), 1, false},
		{Capabilities{Version: "10.0.2", Plugins: true}, set("read_register"), 4, false},
		{Capabilities{Version: "10.2.0", Plugins: true}, set("read_register", "write_register"), 5, false},
		{Capabilities{Version: "11.0.1", Plugins: true}, set("write_register", "set_pc"), 6, true},
		{Capabilities{Version: "11.1.3", Plugins: true}, set("write_register", "set_pc"), 7, true},
		{Capabilities{Version: "12.0.0", Plugins: true}, set("set_pc"), 7, true},
		{Capabilities{Version: "11.1.3"}, set(), 0, false},
	} {
		c.caps.PluginAPI = pluginAPI(c.caps, c.symbols)
		err := c.caps.CheckMemoryEmulator()
		if c.caps.PluginAPI != c.api || (err == nil) != c.usable {
			t.Errorf("%+v: %v", c.caps, err)
		}
		if err != nil && fault.KindOf(err) != fault.Rig {
			t.Errorf("%v is not the rig's fault", err)
		}
	}
}

func TestProbeOfWhatIsNoQEMU(t *testing.T) {
	a, _ := arch.Lookup("arm64")
	path := filepath.Join(t.TempDir(), a.QEMU)
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho something else\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, binary := range [][]string{nil, {"no-such-qemu"}, {path}} {
		if _, err := Probe(t.Context(), binary, a); fault.KindOf(err) != fault.Rig {
			t.Errorf("%v: %v", binary, err)
		}
	}
}

// A script that starts QEMU does not tell what plugins can do.
func TestAScriptIsNoProgramToProbe(t *testing.T) {
	a, err := arch.Lookup("arm64")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "qemu.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho QEMU emulator version 11.1.3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Probe(t.Context(), []string{path}, a)
	if err == nil || !strings.Contains(err.Error(), "perhaps a script") || fault.KindOf(err) != fault.User {
		t.Errorf("%v", err)
	}
}
