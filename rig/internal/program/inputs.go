// SPDX-License-Identifier: Apache-2.0

package program

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// readNoMore is an error where the compiler read a file that is neither the scenario's
// nor one of the system's headers. Such a file is in no hash of the scenario's, does not
// travel with it, and what was compiled with it would be kept under a name that it is no part of.
func (c Config) readNoMore(dir string) error {
	for _, list := range []string{included, assembled} {
		text, err := os.ReadFile(filepath.Join(dir, list))
		if err != nil {
			return fmt.Errorf("what was compiled: %w", err)
		}
		for _, name := range prerequisites(string(text)) {
			// The folder of the compilation holds nothing but the scenario's files; the
			// assembler also names the source as the compiler told it, without its folder.
			if !filepath.IsLocal(name) {
				return fmt.Errorf("%s takes in %s, which is none of the scenario's files: put it beside the source, where headers are found, and name it by its name alone", c.Source, name)
			}
		}
	}
	return nil
}

// prerequisites are those of the one rule of make that text is, as compilers write it:
// lines go on behind a backslash, and blanks, # and $ in names are escaped.
func prerequisites(text string) (names []string) {
	_, list, _ := strings.Cut(text, ": ")
	list = strings.NewReplacer("\\\n", "\n", `\ `, "\x00", `\#`, "#", "$$", "$").Replace(list)
	for _, name := range strings.Fields(list) {
		names = append(names, strings.ReplaceAll(name, "\x00", " "))
	}
	return names
}
