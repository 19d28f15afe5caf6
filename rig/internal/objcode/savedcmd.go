// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// savedCommand reads how kbuild compiled object: the line "savedcmd_..." (6.3
// and later) or "cmd_..." of .NAME.o.cmd (scripts/Kbuild.include, make-cmd).
func savedCommand(buildDir, object string) ([]string, error) {
	path := filepath.Join(buildDir, filepath.Dir(object), "."+filepath.Base(object)+".cmd")
	op := "read the saved command of " + object
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	for _, prefix := range []string{"savedcmd_", "cmd_"} {
		rest, found := strings.CutPrefix(string(line), prefix+object+" := ")
		if !found {
			continue
		}
		// make-cmd doubles dollars and spells the number sign $(pound).
		rest = strings.NewReplacer("$(pound)", "#", "$$", "$").Replace(rest)
		argv, err := firstCommand(rest)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
		return argv, nil
	}
	return nil, fault.Newf(fault.Rig, op, "%s does not begin with savedcmd_%s or cmd_%s", path, object, object)
}

// firstCommand splits a shell line into words up to its first ; & or |: what
// kbuild appends there (objtool) works on the object in place.
func firstCommand(line string) ([]string, error) {
	var argv []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	end := func() {
		if inWord {
			argv = append(argv, word.String())
		}
		word.Reset()
		inWord = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(line):
			i++
			if quote == '"' && !strings.ContainsRune("\\\"$`", rune(line[i])) {
				word.WriteByte('\\')
			}
			word.WriteByte(line[i])
			inWord = true
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				word.WriteByte(c)
			}
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case strings.IndexByte(" \t\n", c) >= 0:
			end()
		case strings.IndexByte(";&|", c) >= 0:
			i = len(line)
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if end(); quote != 0 {
		return nil, errors.New("an unclosed quote in the saved command")
	}
	if len(argv) == 0 {
		return nil, errors.New("the saved command is empty")
	}
	return argv, nil
}

// debugArgs turns a compile command into one that writes output with debug
// information and touches nothing else. DWARF 4 is what every compiler of the
// kernel since 5.10 writes alike.
func debugArgs(argv []string, output string) ([]string, error) {
	var out []string
	replaced := false
	for i := 0; i < len(argv); i++ {
		a := argv[i]
		switch {
		case strings.HasPrefix(a, "-Wp,-MMD,"), strings.HasPrefix(a, "-Wp,-MD,"),
			strings.HasPrefix(a, "-g"), strings.HasPrefix(a, "-Wa,-g"), strings.HasPrefix(a, "-gz"):
			// the dependency file belongs to the build; the level is set below
		case a == "-o" && i+1 < len(argv):
			out = append(out, a, output)
			replaced = true
			i++
		default:
			out = append(out, a)
		}
	}
	if !replaced {
		return nil, errors.New("the saved command has no -o")
	}
	return append(out, "-gdwarf-4", "-gno-split-dwarf"), nil
}

// CompileDebug compiles an object below a build folder again with debug information,
// from the source tree as it is now, into a file of outDir. What the build has saved is
// run with box alone within reach; nil: whatever the user may reach.
func CompileDebug(ctx context.Context, buildDir, object, outDir string, box *proc.Sandbox) (string, error) {
	argv, err := savedCommand(buildDir, object)
	if err != nil {
		return "", err
	}
	op := "compile " + object + " with debug information"
	outDir, err = filepath.Abs(outDir)
	if err == nil {
		err = os.MkdirAll(outDir, 0o755)
	}
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	temp, err := os.MkdirTemp(outDir, "compile-") // where nothing else is to stand: the command may do there what it likes
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	defer os.RemoveAll(temp)
	output := filepath.Join(outDir, strings.TrimSuffix(filepath.Base(object), ".o")+".debug.o")
	made := filepath.Join(temp, filepath.Base(output))
	args, err := debugArgs(argv, made)
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, fmt.Errorf("%w: %s", err, strings.Join(argv, " ")))
	}
	if _, err := proc.Run(ctx, proc.Command{
		Path: args[0], Args: args[1:], Dir: buildDir, Pass: proc.Ccache, Sandbox: box.Writing(temp),
		Log: output + ".log", Kind: fault.Rig, Op: op,
	}); err != nil {
		return "", err
	}
	return output, fault.Wrap(fault.Rig, op, disk.Place(made, output))
}
