// SPDX-License-Identifier: Apache-2.0

package kbuild

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// kconfig is a tree of Kconfig files.
var kconfig = map[string]string{
	"Kconfig":     "source \"net/Kconfig\"\n",
	"net/Kconfig": "menuconfig NET\n\tbool \"Networking\"\n\nif NET\nmenu \"Options\"\n\tdepends on !UML # so\nconfig INET\n\tbool \"TCP/IP\"\n\thelp\n\t  if you need it\nsource \"net/ring/Kconfig\"\nendmenu\nendif\nconfig AFTER\n\tbool \"after\"\n",
	"net/ring/Kconfig": "config RING\n\ttristate \"RING\"\n\tdepends on INET && \\\n\t\t(A || B)\n\tdepends on C=n\n" +
		"choice\n\tdepends on RING\nconfig ONE\n\tbool \"one\"\n\tdepends on $(cc-option,-mone) && D != \"x\"\nendchoice\n",
}

func readKconfig(path string) (string, error) {
	text, ok := kconfig[path]
	if !ok {
		return "", fs.ErrNotExist
	}
	return text, nil
}

func TestWhatALostSettingDependsOnIsToldWithItsValues(t *testing.T) {
	for name, c := range map[string]struct{ symbol, file, config, want string }{
		"its own, and the blocks around the file":   {"RING", "net/ring/Kconfig", "CONFIG_C=y\n", "INET (INET=n); (A || B) (A=n, B=n); C=n (C=y); NET (NET=n)"},
		"what is met is left out":                   {"RING", "net/ring/Kconfig", "CONFIG_NET=y\nCONFIG_INET=y\nCONFIG_B=y\n# CONFIG_C is not set\n", ""},
		"one of two":                                {"RING", "net/ring/Kconfig", "CONFIG_NET=y\nCONFIG_INET=m\nCONFIG_B=y\n", "INET (INET=m)"},
		"a menu's":                                  {"INET", "net/Kconfig", "CONFIG_NET=y\nCONFIG_UML=y\n", "!UML (UML=y)"},
		"none behind the blocks":                    {"AFTER", "net/Kconfig", "", ""},
		"a choice's, a program's word and a text's": {"ONE", "net/ring/Kconfig", "CONFIG_NET=y\nCONFIG_RING=y\nCONFIG_D=\"y\"\n", `$(cc-option,-mone); D != "x" (D="y")`},
		"a symbol that the file does not define":    {"OTHER", "net/ring/Kconfig", "CONFIG_NET=y\n", ""},
		"a file that the tree has not":              {"RING", "none", "", ""},
	} {
		assert.Equal(t, c.want, strings.Join(Unmet(c.symbol, c.file, Settings(c.config), readKconfig), "; "), name)
	}
	lost := Lost{Name: "CONFIG_RING", Value: "y", Fragment: "all", Unmet: []string{"INET (INET=n)", "C=n (C=y)"}}
	assert.Equal(t, "CONFIG_RING=y (fragment all) is not offered: it depends on INET (INET=n), C=n (C=y)", lost.String())
}

// A tree is anybody's: files that read each other, and expressions without end, end.
func TestKconfigFilesThatReadEachOtherEnd(t *testing.T) {
	loop := func(string) (string, error) {
		return "if A\nsource \"a/Kconfig\"\nsource \"Kconfig\"\nendif\nconfig X\n\tdepends on " + strings.Repeat("(", 1<<20) + "\nendif\n", nil
	}
	assert.NotEmpty(t, Unmet("X", "a/Kconfig", nil, loop))
}
