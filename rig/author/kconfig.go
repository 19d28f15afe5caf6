// SPDX-License-Identifier: Apache-2.0

package author

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/internal/kernel/kbuild"
)

// Setting is a configuration symbol that a file of the patch's needs, without CONFIG_.
type Setting struct{ Symbol, Why string }

// Build is what a tree's Makefiles and Kconfig files say of the patch's files.
type Build struct {
	Settings []Setting
	// Conditions are what symbols depend on beside other symbols.
	Conditions []string
	// Unknown says what could not be found out.
	Unknown []string
	// several says that a Makefile lists an object or a folder more than once, and Settings
	// are of the first.
	several bool
}

// reader returns a file of a tree, or an error.
type reader func(path string) (string, error)

// The parts of kbuild's language that are read here (Documentation/kbuild/makefiles.rst).
var (
	rule  = regexp.MustCompile(`^\s*([A-Za-z0-9_+./-]+)-(y|objs|m|\$\(CONFIG_([A-Za-z0-9_]+)\))\s*[:+]?=\s*(.*)$`)
	plain = regexp.MustCompile(`^[A-Z0-9_]+$`)
)

// listed are the targets under which a Makefile lists objects and folders that are
// linked into the kernel.
var listed = []string{"obj", "lib", "core", "drivers", "net", "libs", "virt"}

// compiles is why a setting is asked for that a Makefile names; others depend on such.
const compiles = "compiles "

// settings finds which configuration symbols compile the source files.
func settings(files []string, read reader) Build {
	f := &makefiles{read: read, seen: map[string]bool{}}
	for _, file := range files {
		dir, base := path.Split(file)
		ext := path.Ext(base)
		if ext != ".c" && ext != ".S" {
			continue
		}
		f.why = compiles + file
		object := strings.TrimSuffix(base, ext) + ".o"
		if !f.object(path.Clean(dir), object, 0) {
			f.out.Unknown = append(f.out.Unknown, "no Makefile says what compiles "+file)
		}
	}
	return f.out
}

// makes says of a file of a tree whether a Makefile makes an object of it, and is reached.
func makes(read reader) func(file string) bool {
	return func(file string) bool { return len(settings([]string{file}, read).Unknown) == 0 }
}

// makefiles follows objects through the Makefiles.
type makefiles struct {
	read reader
	why  string
	seen map[string]bool // symbols that are among the settings
	out  Build
}

// deepest bounds how far composite objects and dependencies are followed.
const deepest = 12

// object finds what links the object of a folder into the kernel.
func (f *makefiles) object(dir, object string, depth int) bool {
	text, ok := f.makefile(dir)
	if !ok || depth > deepest {
		return false
	}
	f.several(text, object)
	for _, r := range text {
		if !r.lists(object) {
			continue
		}
		if slices.Contains(listed, r.target) {
			f.need(r.config, dir)
			f.folder(dir, depth+1)
			return true
		}
		if made := r.target + ".o"; made != object && f.object(dir, made, depth+1) {
			f.need(r.config, dir)
			return true
		}
	}
	return false
}

// folder finds what makes kbuild descend into a folder, from whichever folder above.
func (f *makefiles) folder(dir string, depth int) {
	if dir == "." || strings.HasPrefix(dir, "arch/") && strings.Count(dir, "/") == 1 || depth > deepest {
		return
	}
	for above := path.Dir(dir); ; above = path.Dir(above) {
		text, _ := f.makefile(above)
		below := strings.TrimPrefix(dir, above+"/")
		if above == "." {
			below = dir
		}
		f.several(text, below+"/")
		for _, r := range text {
			if slices.Contains(listed, r.target) && r.lists(below+"/") {
				f.need(r.config, dir)
				f.folder(above, depth+1)
				return
			}
		}
		if above == "." {
			f.out.Unknown = append(f.out.Unknown, "no Makefile says what makes kbuild descend into "+dir)
			return
		}
	}
}

// line is a rule of a Makefile's.
type line struct{ target, config, of string }

func (l line) lists(name string) bool { return slices.Contains(strings.Fields(l.of), name) }

// several notes that more than one rule has an object or a folder.
func (f *makefiles) several(rules []line, name string) {
	i := slices.IndexFunc(rules, func(l line) bool { return l.lists(name) })
	f.out.several = f.out.several || i >= 0 && slices.ContainsFunc(rules[i+1:], func(l line) bool { return l.lists(name) })
}

// makefile reads the rules of a folder's, Kbuild before Makefile as kbuild does; the
// tree's top has both.
func (f *makefiles) makefile(dir string) ([]line, bool) {
	var rules []line
	have := false
	for _, name := range []string{"Kbuild", "Makefile"} {
		text, err := f.read(path.Join(dir, name))
		if err != nil || have && dir != "." {
			continue
		}
		have = true
		for _, l := range logical(text) {
			if m := rule.FindStringSubmatch(l); m != nil {
				rules = append(rules, line{target: m[1], config: m[3], of: m[4]})
			}
		}
	}
	return rules, have
}

// logical are the lines of a Makefile, continued ones as one, without comments.
func logical(text string) []string {
	text = strings.ReplaceAll(text, "\\\n", " ")
	var out []string
	for l := range strings.Lines(text) {
		l, _, _ = strings.Cut(l, "#")
		out = append(out, strings.TrimSpace(l))
	}
	return out
}

// need adds a symbol, and those that it depends on, before it.
func (f *makefiles) need(config, dir string) {
	if config == "" || f.seen[config] {
		return
	}
	f.seen[config] = true
	for _, d := range f.depends(config, dir) {
		if !plain.MatchString(d) || f.ofSome(d) {
			f.out.Conditions = append(f.out.Conditions, "CONFIG_"+config+" depends on "+d)
			continue
		}
		why := f.why
		f.why = "CONFIG_" + config + " depends on it"
		f.need(d, dir)
		f.why = why
	}
	f.out.Settings = append(f.out.Settings, Setting{config, f.why})
}

// depends is what the entry of a symbol says that it depends on, and what the blocks
// around it do, in the nearest Kconfig file above that has one. What is defined elsewhere
// is taken as it is: kconfig has the last word.
func (f *makefiles) depends(config, dir string) []string {
	for ; ; dir = path.Dir(dir) {
		for _, name := range []string{"Kconfig", "init/Kconfig"} {
			if name != "Kconfig" && dir != "." {
				continue
			}
			if text, err := f.read(path.Join(dir, name)); err == nil {
				if found, ok := kbuild.Conditions(text, config); ok {
					return found
				}
			}
		}
		if dir == "." || dir == "/" {
			return nil
		}
	}
}

// ofSome says whether a symbol is of some architectures and not of others, so that it
// is no setting.
func (f *makefiles) ofSome(config string) bool {
	have := 0
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil {
			continue
		}
		text, _ := f.read(path.Join(a.Folder(), "Kconfig")) // which a tree need not have
		if _, found := kbuild.Conditions(text, config); found {
			have++
		}
	}
	return have > 0 && have < len(arch.Names())
}
