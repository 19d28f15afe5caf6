// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// ofMacro is what is said of a patch whose lines no code has, where it changes a macro.
const ofMacro = "; it changes a macro, and that has the lines of those who use it, which are not followed"

// changesMacro says whether files of a patch change lines of a macro that has several. Line
// tables name no such line: compilers place what comes of it where the macro is used.
func changesMacro(files []*gitdiff.File) bool {
	for _, f := range files {
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if l.Op != gitdiff.OpContext && strings.HasSuffix(strings.TrimRight(l.Line, " \t\r\n"), `\`) {
					return true
				}
			}
		}
	}
	return false
}
