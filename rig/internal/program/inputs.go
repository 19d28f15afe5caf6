// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// readNoMore is an error where the compiler read a file that is neither the scenario's
// nor one of the system's headers. Such a file is in no hash of the scenario's, does not
// travel with it, and what was compiled with it would be kept under a name that it is no part of.
func (c Config) readNoMore(ctx context.Context, dir string) error {
	own, err := c.systemFolders(ctx)
	if err != nil {
		return err
	}
	for _, list := range []string{included, assembled} {
		text, err := os.ReadFile(filepath.Join(dir, list))
		if err != nil {
			return fmt.Errorf("what was compiled: %w", err)
		}
		for _, name := range prerequisites(string(text)) {
			// The folder of the compilation holds nothing but the scenario's files; the
			// assembler also names the source as the compiler told it, without its folder.
			if !filepath.IsLocal(name) && !slices.ContainsFunc(own, func(folder string) bool { return strings.HasPrefix(filepath.Clean(name), folder+"/") }) {
				return fmt.Errorf("%s takes in %s, which is none of the scenario's files: put it beside the source, where headers are found, and name it by its name alone", c.Source, name)
			}
		}
	}
	return nil
}

// systemFolders are those in which the compiler looks for the system's headers.
func (c Config) systemFolders(ctx context.Context) (folders []string, err error) {
	out, err := proc.Run(ctx, proc.Command{
		Path: c.compiler(), Args: []string{"-xc", "-E", "-v", "/dev/null"}, Kind: fault.Rig, Op: "ask the compiler for its headers",
	})
	if err != nil {
		return nil, err
	}
	_, list, _ := strings.Cut(out.Tail, "#include <...> search starts here:\n")
	list, _, _ = strings.Cut(list, "End of search list.")
	for line := range strings.Lines(list) {
		folders = append(folders, filepath.Clean(strings.TrimSpace(line)))
	}
	return folders, nil
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
