// SPDX-License-Identifier: Apache-2.0

package author

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/printable"
	"kcovrig/rig/scenario"
)

// Mark begins what is left for the writer of a scenario to fill in. Check finds it.
const Mark = "TODO(you):"

//go:embed skeleton/workload.c
var skeleton []byte

// File is a file with its name.
type File struct {
	Name string
	Text []byte
}

// Input is what a scenario is drafted from.
type Input struct {
	Name    string // empty: made of the patch's subject
	Patch   File
	Program *File // nil: the skeleton of one
	Config  *File // nil: the symbols that compile the patch's files
	Tree    *Tree // nil: none was looked at
}

// Tree is what a kernel tree says of the patch.
type Tree struct {
	Version string
	Side    Side
	Why     string // where Side is not known
	Build   Build
	// Proposed is where the patch changes headers alone.
	Proposed Proposed
}

// Proposed is what may hold a bug whose fix changes headers alone.
type Proposed struct {
	Files  []string // C files that include the headers directly, those first that most likely hold it
	Names  []string // what the patch changes that these name; empty: they name none of it
	Others []string // further ones that name some of it
	More   int      // C files that include them beside these, at the least
}

// Side says whether a tree has a fix. The zero value: it is not known.
type Side string

// The sides.
const (
	Lacks Side = "lacks"
	Has   Side = "has"
)

// Draft writes a scenario's files, by their names: the same of the same input. What it
// could not find has a Mark.
func Draft(in Input) (name string, files map[string][]byte, err error) {
	patches, _, err := mailpatch.Read(in.Patch.Name, in.Patch.Text)
	if err != nil {
		return "", nil, err
	}
	// What the folder holds a person reads, and git takes: neither unpacks it.
	plain, err := mailpatch.Plain(in.Patch.Text)
	if err != nil {
		return "", nil, err
	}
	in.Patch = File{strings.TrimSuffix(in.Patch.Name, ".gz"), []byte(plain)}
	d := draft{in: in, patches: patches, files: map[string][]byte{}}
	d.words()
	if d.name = in.Name; d.name == "" {
		d.name = nameOf(d.subject)
	}
	if err := d.check(); err != nil {
		return "", nil, err
	}
	d.files[scenario.FileName] = []byte(d.text())
	return d.name, d.files, nil
}

// draft is a scenario on its way.
type draft struct {
	in            Input
	patches       []mailpatch.Patch
	name, subject string
	said          said
	silent        bool // the program tells no tries
	files         map[string][]byte
	b             strings.Builder
}

// words reads what the patches say of themselves.
func (d *draft) words() {
	var messages []string
	for _, p := range d.patches {
		messages = append(messages, p.Message)
		if d.subject == "" {
			d.subject = subjectOf(p)
		}
	}
	d.said = read(printable.Lines(strings.Join(messages, "\n")))
}

var (
	// tags are what lists and git put before a subject.
	tags = regexp.MustCompile(`^\s*(?:(?i:re|fwd?)\s*:\s*)*(?:\[[^\]]*\]\s*)*`)
	// logHead are the lines that git log puts before a message.
	logHead = regexp.MustCompile(`^(?:commit [0-9a-f]|(?:Author|AuthorDate|Commit|CommitDate|Date|Merge):)`)
)

// subjectOf is a patch's first line, without what was put before it.
func subjectOf(p mailpatch.Patch) string {
	if p.Subject != "" {
		return tags.ReplaceAllString(p.Subject, "")
	}
	for line := range strings.Lines(p.Message) {
		if line = strings.TrimRight(line, "\n"); strings.TrimSpace(line) != "" && !logHead.MatchString(line) {
			return printable.Line(line)
		}
	}
	return ""
}

// nameOf makes a scenario's name of words.
func nameOf(words string) string {
	name := regexp.MustCompile(`[^a-z0-9_]+`).ReplaceAllString(strings.ToLower(words), "-")
	const most = 40
	if len(name) > most {
		name = name[:most]
		if i := strings.LastIndexByte(name, '-'); i > most/2 {
			name = name[:i]
		}
	}
	if name = strings.Trim(name, "-_"); name == "" {
		return "my-bug"
	}
	return name
}

// check refuses names that a scenario cannot have.
func (d *draft) check() error {
	if !scenario.IsName(d.name) {
		return &fault.Error{Kind: fault.User, Op: "--name", Err: fmt.Errorf("%q is no name of a scenario: use at most 40 lower-case letters, digits, - and _", d.name), Try: "--name " + nameOf(d.name)}
	}
	return nil
}

// add puts a file into the folder, under a name that a scenario may hold and no other
// file of it has, and returns that.
func (d *draft) add(f File, otherwise, ext string) string {
	name := regexp.MustCompile(`[^A-Za-z0-9_.+@=,-]`).ReplaceAllString(path.Base(f.Name), "-")
	name = strings.TrimLeft(name, ".-+@=,")
	if name == "" || len(name) > 120 {
		name = otherwise
	}
	if ext != "" && path.Ext(name) != ext {
		name = strings.TrimSuffix(name, path.Ext(name)) + ext
	}
	for d.files[name] != nil || name == scenario.FileName {
		name = "my-" + name
	}
	d.files[name] = f.Text
	return name
}

func (d *draft) linef(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

// todo leaves a line to the writer, before the one that it is about.
func (d *draft) todo(indent, format string, args ...any) {
	d.linef("%s# %s %s", indent, Mark, printable.Line(fmt.Sprintf(format, args...)))
}

// say puts a comment.
func (d *draft) say(indent, format string, args ...any) {
	d.linef("%s# %s", indent, printable.Line(fmt.Sprintf(format, args...)))
}

// text is the scenario's file.
func (d *draft) text() string {
	d.say("", "Written by kcovrig scenario new. docs/scenarios.md describes the members;")
	d.say("", "kcovrig scenario check says what is wrong, and what is left to do.")
	d.linef("kcovrig: scenario/1")
	d.linef("name: %s", quoted(d.name))
	d.title()
	d.fix()
	d.config()
	d.scope()
	d.workload()
	d.detect()
	return d.b.String()
}

func (d *draft) title() {
	title := d.subject
	const most = 120
	if title == "" {
		title = "Untitled"
		d.todo("", "the bug in one line")
	}
	if utf8.RuneCountInString(title) > most {
		title = string([]rune(title)[:most-1]) + "…"
	}
	d.linef("title: %s", quoted(title))
	for _, f := range d.said.fixes {
		d.say("", "It fixes %s; kernels without that", f)
		d.say("", `have no such bug, which kernels: ">=VERSION" can say.`)
	}
}

func (d *draft) fix() {
	if t := d.in.Tree; t != nil {
		switch t.Side {
		case Lacks:
			d.say("", "Linux %s lacks the fix: the patched kernel is made by putting it on.", t.Version)
		case Has:
			d.say("", "Linux %s has the fix: the unpatched kernel is made by taking it off.", t.Version)
		default:
			d.todo("", "the patch as it fits linux %s: the patch neither applies nor reverse-applies: %s", t.Version, t.Why)
		}
	}
	d.linef("fix: [%s]", quoted(d.add(d.in.Patch, "fix.patch", ".patch")))
	if files := Files(d.patches); !slices.ContainsFunc(files, compiled) {
		d.objects(strings.Join(files, ", "))
	}
}

// objects are those that a fix of headers alone needs to be named.
func (d *draft) objects(changed string) {
	t := d.in.Tree
	if t == nil || len(t.Proposed.Files) == 0 {
		proposes := ""
		if t == nil {
			proposes = " (kcovrig scenario new --tree proposes some)"
		}
		d.todo("", "the objects that hold the bug, since %s is not compiled by itself%s, such as", changed, proposes)
		d.say("", "objects: [net/tls/tls_main.o]")
		return
	}
	name := "."
	if names := t.Proposed.Names; len(names) > 0 {
		name = " and name " + strings.Join(names, ", ") + "."
	}
	d.todo("", "check the objects, which are proposed: %s is not compiled by itself, and the sources of these include it%s", changed, name)
	d.say("", "Keep those that the bug is in: the patch's lines are looked for in these alone. config has to compile each.")
	if len(t.Proposed.Others) > 0 {
		d.say("", "Others like these: %s.", objectsOf(t.Proposed.Others))
	}
	if more := t.Proposed.More; more > 0 {
		d.say("", "%d or more other C files include it too.", more)
	}
	d.linef("objects: [%s]", objectsOf(t.Proposed.Files))
}

// objectsOf lists what files are compiled to.
func objectsOf(files []string) string {
	var objects []string
	for _, f := range files {
		objects = append(objects, quoted(strings.TrimSuffix(f, ".c")+".o"))
	}
	return strings.Join(objects, ", ")
}

func (d *draft) config() {
	d.say("", "All else is off, which is make allnoconfig, but for what kcovrig needs itself: add what the program uses beside")
	d.say("", "the patch's code, such as CONFIG_UNIX98_PTYS=y. kcovrig scenario check runs it once in the kernel.")
	if c := d.in.Config; c != nil {
		d.linef("config: {file: %s}", quoted(d.add(*c, "fragment.config", "")))
		return
	}
	if d.in.Tree == nil {
		d.todo("", "what the patch's files are compiled by (kcovrig scenario new --tree finds it), such as")
		d.linef("# config: |\n#   CONFIG_NET=y")
		return
	}
	b := d.in.Tree.Build
	for _, u := range b.Unknown {
		d.todo("", "in config, what switches the code on: %s", u)
	}
	for _, c := range b.Conditions {
		d.say("", "%s.", c)
	}
	kasan := slices.ContainsFunc(d.said.signs, func(s Sign) bool { return s.Kind == wire.KindKASAN })
	if kasan {
		d.todo("", "decide on KASAN, without which its reports do not come. It checks each access by code that hides reordering")
		d.say("", "where it calls (hence INLINE). Without it, detect what the use itself leads to, such as an oops.")
	}
	if len(b.Settings) == 0 && !kasan {
		return
	}
	d.linef("config: |")
	for _, s := range b.Settings {
		d.linef("  CONFIG_%s=y", s.Symbol)
	}
	if kasan {
		d.linef("  CONFIG_KASAN=y\n  CONFIG_KASAN_INLINE=y")
	}
}

func (d *draft) scope() {
	d.say("", "The emulator reorders accesses of the functions that hold the patch's lines, and of those that")
	d.say("", "call them in the same object, unless scope: {patch: {callers: 0}} leaves these out. Where one of")
	d.say("", "the two accesses is in another function, or in one that they call, name it too:")
	d.say("", "scope: {kernel: [FUNCTION]}")
}

var (
	saysTries = regexp.MustCompile(`"try [0-9%]|\btried\(`) // the latter by kcovrig.h
	saysReady = regexp.MustCompile(`"ready\b|\bready\(\)`)
)

func (d *draft) workload() {
	d.linef("workload:")
	f := d.in.Program
	if f == nil {
		d.linef("  source: %s\n  ready: true", d.add(File{d.name + ".c", skeleton}, "workload.c", ".c"))
		return
	}
	tries, ready := saysTries.Match(f.Text), saysReady.Match(f.Text)
	if isELF(f.Text) {
		d.linef("  binary: %s", quoted(d.add(*f, "workload", "")))
		tries = tries || strings.Contains(string(f.Text), "try ")
	} else {
		d.linef("  source: %s", quoted(d.add(*f, "workload.c", ".c")))
	}
	if ready {
		d.linef("  ready: true")
	}
	if d.silent = !tries; d.silent {
		d.say("  ", "It says no try lines: a try is a length of time. Of a program that ends by itself")
		d.say("  ", "(one try each), it is window: run")
		d.linef("  window: {every: 10ms}")
	}
}

func isELF(text []byte) bool { return strings.HasPrefix(string(text), "\x7fELF") }

func (d *draft) detect() {
	for _, u := range d.said.unusable {
		if strings.HasPrefix(u, "INFO: task ") {
			d.todo("", "of %q: {hang: 2s, in: FUNCTION} detects that a thread of the program sleeps there for good", u)
			continue
		}
		d.todo("", "another sign than %q, which a scenario cannot detect", u)
	}
	if len(d.said.signs) == 0 {
		d.todo("", "how the bug shows: in one of these ways, or several in one list")
		d.say("", "detect: [told] # the program sees a wrong value, and says hit")
		d.say("", "detect: [{oops: FUNCTION}] # the kernel oopses in FUNCTION, which pc or RIP names in its report")
		d.say("", "detect: [{oops: FUNCTION, after: reboot}] # and is broken after it, such as by a lock that nobody gives back")
		d.say("", "Other reports: warn, bug, kasan, panic. {hang: 2s, in: FUNCTION}: a thread sleeps for good. exit: the program ends.")
		if d.silent {
			d.linef("detect: [oops]")
			return
		}
		d.linef("detect: [told]")
		return
	}
	d.say("", "Reports that the patch's message quotes. The kernel goes on after one; where that leaves it broken, such as with")
	d.say("", "a lock held for good, each ends its boot: {oops: FUNCTION, after: reboot}.")
	d.linef("detect:")
	for _, s := range d.said.signs {
		if s.Function == "" {
			d.todo("  ", "the function that it has to be in; without one, any %s counts", s.Kind)
			d.linef("  - %s", s.Kind)
			continue
		}
		d.linef("  - %s: %s", s.Kind, quoted(s.Function))
	}
}

// compiled says whether a file is compiled by itself.
func compiled(file string) bool { return path.Ext(file) == ".c" || path.Ext(file) == ".S" }

// Files are the kernel's files that patches change, sorted.
func Files(patches []mailpatch.Patch) []string {
	var all []string
	for _, p := range patches {
		for _, f := range p.Files(func(string) bool { return false }) {
			all = append(all, mailpatch.Path(f))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// quoted is a text as YAML has it, in one line.
func quoted(text string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if regexp.MustCompile(`[:#\[\]{},&*!|>'"%@\x60]`).MatchString(text) {
		n.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&n)
	if err != nil {
		panic(err) // a text is always one
	}
	return strings.TrimSpace(string(out))
}
