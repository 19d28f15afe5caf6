// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	codeLine   = regexp.MustCompile(`(?m)^(?:    |\$ )([^\n]*)$`)
	quotedCode = regexp.MustCompile("`([^`]+)`")
	shellWord  = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)
	betweenTwo = regexp.MustCompile(`\s(?:&&|\|\||[|;])\s`)
	itsOutput  = regexp.MustCompile(`\$\((kcovrig [^)]*)\)`)
)

// noCommands begin as a command does and are none.
var noCommands = []string{"kcovrig cells", "kcovrig compare, arm64", "kcovrig matrix 12:40"}

// quoted is a command of a document.
type quoted struct {
	text  string
	whole bool // not only named in a sentence
}

// commandsIn lists kcovrig's commands in a document, and those of scripts/run as what it makes of them.
func commandsIn(text string) (found []quoted) {
	add := func(code string, whole bool) {
		code, _, _ = strings.Cut(code, " #")
		parts := betweenTwo.Split(code, -1)
		for _, m := range itsOutput.FindAllStringSubmatch(code, -1) {
			parts = append(parts, m[1])
		}
		for _, part := range parts {
			words := shellWord.FindAllString(part, -1)
			at := slices.IndexFunc(words, func(w string) bool { return !strings.Contains(strings.SplitN(w, "/", 2)[0], "=") })
			if at < 0 {
				continue
			}
			if words[at] == "git" || words[at] == "sudo" { // they call another
				at = max(at, slices.Index(words, "run")+1, slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "/kcovrig") }))
			}
			if at == len(words) {
				continue
			}
			switch rest := words[at+1:]; {
			case words[at] == "scripts/run" && (len(rest) == 0 || strings.HasPrefix(rest[0], "-")):
				words = append([]string{"kcovrig", "compare", "--arch=arm64"}, rest...)
			case words[at] == "scripts/run", words[at] == "kcovrig", strings.HasSuffix(words[at], "bin/kcovrig"):
				words = append([]string{"kcovrig"}, rest...)
			default:
				continue
			}
			line := strings.Join(words, " ")
			if !slices.ContainsFunc(noCommands, func(no string) bool { return strings.HasPrefix(line, no) }) {
				found = append(found, quoted{line, whole})
			}
		}
	}
	for _, m := range codeLine.FindAllStringSubmatch(strings.ReplaceAll(text, "\\\n", " "), -1) {
		add(m[1], true)
	}
	for _, m := range quotedCode.FindAllStringSubmatch(text, -1) {
		add(strings.Join(strings.Fields(m[1]), " "), false)
	}
	return found
}

// wrongWith says what kcovrig would not understand of a command: an unknown command or flag, a
// value that is none, too many arguments or too few.
func wrongWith(q quoted) error {
	synopsis := strings.ContainsAny(q.text, "[]")
	var words []string
	for _, w := range shellWord.FindAllString(q.text, -1)[1:] {
		w = strings.Trim(w, "[]")
		if strings.HasPrefix(w, ">") || strings.HasPrefix(w, "2>") {
			break
		}
		words = append(words, strings.NewReplacer("'", "", `"`, "").Replace(w))
	}
	if len(words) == 0 {
		return nil
	}
	root := newRoot(&app{getenv: func(string) string { return "" }})
	root.InitDefaultCompletionCmd()
	root.InitDefaultVersionFlag()
	c, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	c.InitDefaultHelpFlag()
	if err := c.ParseFlags(rest); err != nil {
		if unknown := strings.HasPrefix(err.Error(), "unknown"); unknown || q.whole && !synopsis {
			return err
		}
		return nil // what follows is not parsed
	}
	if !q.whole {
		if name := c.Flags().Arg(0); c.HasSubCommands() && name != "" && name != strings.ToUpper(name) {
			return fmt.Errorf("unknown command %q", c.Flags().Arg(0))
		}
		return nil
	}
	if err := c.ValidateArgs(c.Flags().Args()); err != nil {
		return err
	}
	return c.ValidateFlagGroups()
}

// documents are the texts that users read, by their paths.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	root := os.DirFS("../..")
	for _, top := range []string{"README.md", "CONTRIBUTING.md", "docs", "scenarios"} {
		require.NoError(t, fs.WalkDir(root, top, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".md" {
				return err
			}
			text, err := fs.ReadFile(root, path)
			texts[path] = string(text)
			return err
		}))
	}
	eachCommand(newRoot(&app{getenv: func(string) string { return "" }}), func(c *cobra.Command) {
		texts[c.CommandPath()+" --help"] = "    " + strings.ReplaceAll(strings.TrimSpace(c.Example), "\n  ", "\n    ")
	})
	return texts
}

func TestEveryCommandOfTheDocumentsIsUnderstood(t *testing.T) {
	seen := 0
	for path, text := range documents(t) {
		for _, q := range commandsIn(text) {
			seen++
			assert.NoError(t, wrongWith(q), "%s: %s", path, q.text)
		}
	}
	assert.Greater(t, seen, 150, "commands found")
}

func TestWhatADocumentMayNotSay(t *testing.T) {
	text := "`kcovrig comapre` `kcovrig cache\nlist` `kcovrig run --nonsense`\n\n" +
		"    A=b bin/kcovrig litmus run\n    scripts/run --jobs=many # all\n    scripts/run doctor --archh=arm64\n    true && kcovrig run --patched --unpatched\n$ kcovrig cache ls extra\n" +
		"    kcovrig compare --mode=pc | less\n    kcovrig history [--limit N] [--since T]\n    bin/kcovrig --version >version\n`kcovrig bisect --good` `kcovrig compare`, arm64\n" +
		"    git bisect run kcovrig run --as-iss\n    echo \"x=$(kcovrig matrix f --lists)\" >>\"$OUT\"\n    sudo -u k /opt/kcovrig/bin/kcovrig serv\n    git -C kcovrig log\n"
	found := commandsIn(text)
	require.Len(t, found, 16)
	var wrong []string
	for _, q := range found {
		if err := wrongWith(q); err != nil {
			wrong = append(wrong, q.text)
		}
	}
	assert.Equal(t, []string{
		"kcovrig litmus run", "kcovrig compare --arch=arm64 --jobs=many", "kcovrig doctor --archh=arm64", "kcovrig run --patched --unpatched", "kcovrig cache ls extra",
		"kcovrig run --as-iss", "kcovrig matrix f --lists", "kcovrig serv",
		"kcovrig comapre", "kcovrig cache list", "kcovrig run --nonsense",
	}, wrong)
}
