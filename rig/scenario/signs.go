// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/yamlfile"
)

// DefaultHang is how long a silence lasts that is a hang, where the file does not say.
const DefaultHang = 2 * time.Second

// What comes after a hit.
const (
	goesOn = "continue"
	reboot = "reboot"
)

// whatAfter is what comes after a hit.
var whatAfter = words{goesOn, reboot}

// sign is a way in which the bug shows: a kind alone, or with what it has to be, and what
// comes after it where that is not as after the others.
type sign struct {
	Kind     wire.Kind
	Function string        // that it has to be in; of a hang, that what hangs sleeps in
	Lasts    time.Duration // of a hang
	Exit     string        // of an exit: a status, a signal, or any signal
	After    string
}

// UnmarshalYAML takes a kind, or a kind and its function, time or status.
func (s *sign) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind == yaml.ScalarNode {
		if err = n.Decode(&s.Kind); s.Kind == wire.KindHang {
			s.Lasts = DefaultHang
		}
		return err
	}
	in := map[string]string{}
	if err = n.Decode(&in); err != nil {
		return err
	}
	for key, value := range in {
		switch kind := wire.Kind(key); {
		case key == "after":
			s.After = value
		case key == "in":
			s.Function = value
		case kind == wire.KindHang:
			s.Kind = kind
			s.Lasts, err = time.ParseDuration(value)
		case kind == wire.KindExit:
			s.Kind, s.Exit = kind, strings.TrimSuffix(value, ".0")
		default:
			s.Kind, s.Function = kind, value
		}
	}
	return err
}

// same is what makes a sign, without what comes after it.
func (s sign) same() sign {
	s.After = ""
	return s
}

// The kinds of a sign that may have members, by what these are.
var (
	inFunction = []string{"oops", "warn", "bug", "kasan"}
	withMember = append(slices.Clone(inFunction), "panic", "hang", "exit")
)

// after is the member of each of them.
var after = member{key: "after", about: "what comes after it (default: as after any hit)", shape: whatAfter}

// signOf is what a sign with members looks like.
func signOf(kind string) mapping {
	of := func(about string, s shape, more ...member) mapping {
		return mapping{members: append([]member{{key: kind, about: about, needed: true, shape: s}}, more...)}
	}
	switch kind {
	case "hang":
		return of("the program says nothing for so long, and sleeps though every CPU runs", aHang,
			member{key: "in", about: "function of the kernel that what hangs sleeps in (default: any)", shape: signFunction("hang")}, after)
	case "panic":
		return of("in this function", signFunction(kind), member{key: "after", about: "a panic ends the boot", shape: words{reboot}})
	case "exit":
		return of("with this status, or of this signal", exitStatus{}, after)
	}
	return of("in this function", signFunction(kind), after)
}

// aSign is a way in which the bug shows.
type aSign struct{}

func (aSign) kind() yaml.Kind { return 0 }

func (aSign) schema() object {
	any := []object{words(append([]string{"told"}, withMember...)).schema()}
	for _, kind := range withMember {
		any = append(any, signOf(kind).schema())
	}
	return object{"anyOf": any}
}

func (aSign) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	switch n.Kind {
	case yaml.ScalarNode:
		checkWord(r, n, what, append([]string{"told"}, withMember...), signLike)
	case yaml.MappingNode:
		checkEntry(r, n, what)
	default:
		r.Fail(yamlfile.PlaceOf(n), "%s: want a way in which the bug shows, such as oops or {oops: tls_getsockopt}, not %s", what, yamlfile.KindOf(n))
	}
}

// checkWord checks one of some words; meant says what another was probably meant to be.
func checkWord(r *yamlfile.Reader, n *yaml.Node, what string, have words, meant func(string) string) {
	if n.Kind == yaml.ScalarNode && !slices.Contains(have, n.Value) {
		if hint := meant(n.Value); hint != "" {
			r.Fail(yamlfile.PlaceOf(n), "unknown %s %s; %s", what, yamlfile.Shown(n), hint)
			return
		}
	}
	have.check(r, n, what)
}

// signLike reads a sign that was written as one text.
func signLike(value string) string {
	m := regexp.MustCompile(`^(` + strings.Join(withMember, "|") + `)(?: in |[ :(]+)([A-Za-z0-9_.$]+)\)?$`).FindStringSubmatch(value)
	switch {
	case slices.Contains(signals, value):
		return didYouMean("{exit: %s}", value)
	case m == nil:
		return ""
	case m[1] == "hang" && has(symbolForm, m[2]):
		return didYouMean("{hang: 2s, in: %s}", m[2])
	}
	return didYouMean("{%s: %s}", m[1], m[2])
}

// checkEntry checks a sign with members. What does not fit the kind is told here, the
// rest is as its shape says.
func checkEntry(r *yamlfile.Reader, n *yaml.Node, what string) {
	keys, values := map[string]*yaml.Node{}, map[string]*yaml.Node{}
	var kinds []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		keys[key], values[key] = n.Content[i], yamlfile.Follow(n.Content[i+1])
		if slices.Contains(withMember, key) && !slices.Contains(kinds, key) {
			kinds = append(kinds, key)
		}
	}
	if stated := keys["told"]; stated != nil {
		r.Fail(yamlfile.PlaceOf(stated), "%s.told: it stands alone, without a value: write told", what)
		return
	}
	switch {
	case len(kinds) == 0:
		failKind(r, n, what, values)
		return
	case len(kinds) > 1:
		r.Fail(yamlfile.PlaceOf(keys[kinds[1]]), "%s: %s are several ways to show: write an entry for each", what, strings.Join(kinds, " and "))
		return
	}
	kind := kinds[0]
	rest := *n
	if in := keys["in"]; in != nil && kind != "hang" {
		r.Fail(yamlfile.PlaceOf(in), "%s.in: it belongs to hang; %s", what, insteadOfIn(kind, values[kind], values["in"]))
		rest.Content = without(rest.Content, "in")
	}
	if last := values["after"]; kind == "panic" && last != nil && last.Value == goesOn {
		r.Fail(yamlfile.PlaceOf(last), "%s.after: a panic ends the boot, and nothing goes on after it: leave after out", what)
		rest.Content = without(rest.Content, "after")
	}
	signOf(kind).check(r, &rest, what)
}

// without are the pairs of a mapping but those of a key.
func without(pairs []*yaml.Node, key string) []*yaml.Node {
	var out []*yaml.Node
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i].Value != key {
			out = append(out, pairs[i], pairs[i+1])
		}
	}
	return out
}

// insteadOfIn says how to write a sign of a kind that has no member in.
func insteadOfIn(kind string, value, in *yaml.Node) string {
	var ways []string
	for _, f := range []*yaml.Node{value, in} {
		if way := fmt.Sprintf("{%s: %s}", kind, f.Value); f.Kind == yaml.ScalarNode && f.Tag == "!!str" && has(symbolForm, f.Value) && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	if kind == "exit" || ways == nil {
		return kind + " has none"
	}
	return "write " + strings.Join(ways, " or ")
}

// failKind says that an entry has none of the kinds.
func failKind(r *yamlfile.Reader, n *yaml.Node, what string, values map[string]*yaml.Node) {
	unknown := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, at := n.Content[i].Value, yamlfile.PlaceOf(n.Content[i])
		switch key {
		case "after", "in":
			continue
		case "signal", "status":
			r.Fail(at, "unknown key %q; %s", key, didYouMean("exit"))
		default:
			r.FailWord(at, "key", key, withMember)
		}
		unknown = true
	}
	if unknown {
		return
	}
	hint := ""
	if in := values["in"]; in != nil && has(symbolForm, in.Value) {
		hint = "; " + didYouMean("{hang: 2s, in: %s}", in.Value)
	}
	r.Fail(yamlfile.PlaceOf(n), "%s: want exactly one of %s%s", what, strings.Join(withMember, ", "), hint)
}

// signFunction is the function of a sign of the kind.
type signFunction string

func (signFunction) kind() yaml.Kind { return yaml.ScalarNode }
func (signFunction) schema() object  { return aSymbol.schema() }

func (f signFunction) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	hint := ""
	switch {
	case n.Kind == yaml.SequenceNode:
		hint = "write an entry for each"
	case n.Tag == "!!null" || n.Tag == "!!bool":
		hint = "write " + string(f) + " alone for one in any function"
		if f == "hang" {
			hint = "leave in out for a sleep in any function"
		}
	}
	if hint != "" {
		r.Fail(yamlfile.PlaceOf(n), "%s: want a function of the kernel, not %s; %s", what, yamlfile.Shown(n), hint)
		return
	}
	aSymbol.check(r, n, what)
}

// signals are those that a program may die of.
var signals = []string{
	"SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE",
	"SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR", "SIGSYS",
}

// anySignal is one of them, whichever.
const anySignal = "signal"

// exitStatus is how a program ends: a status, or a signal.
type exitStatus struct{}

var aStatus, aSignal = integer{1, 255}, words(append([]string{anySignal}, signals...))

func (exitStatus) kind() yaml.Kind { return yaml.ScalarNode }
func (exitStatus) schema() object {
	return object{"anyOf": []object{aStatus.schema(), aSignal.schema()}}
}

func (exitStatus) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	number, err := strconv.Atoi(n.Value)
	isText := n.Kind == yaml.ScalarNode && n.Tag == "!!str"
	switch {
	case isText && slices.Contains(aSignal, n.Value), n.Kind == yaml.ScalarNode && aStatus.holds(n):
		return
	}
	hint := ""
	if near := yamlfile.Nearest(n.Value, aSignal); isText && near != "" {
		hint = "; " + didYouMean("%s", near)
	}
	switch name := "SIG" + strings.ToUpper(n.Value); {
	case isText && slices.Contains(signals, name):
		hint = "; " + didYouMean("%s", name)
	case n.Kind == yaml.ScalarNode && n.Value == "0":
		hint = ": a program that ends so has done its work"
	case isText && err == nil && number >= aStatus.least && number <= aStatus.most:
		hint = "; " + didYouMean("%d, without quotes", number)
	case n.Kind == yaml.ScalarNode && (n.Tag == "!!null" || n.Tag == "!!bool" || n.Value == "any"):
		hint = "; write exit alone for any of them"
	}
	r.Fail(yamlfile.PlaceOf(n), "%s: want a status from 1 to 255, a signal such as SIGSEGV, or signal, not %s%s", what, yamlfile.Shown(n), hint)
}

// windowWord is the kind of window that has no length.
type windowWord struct{ words }

func (w windowWord) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	checkWord(r, n, what, w.words, func(value string) string {
		d, ok := timeLike(value, "ms")
		if ok && has(windowForm, d) {
			return didYouMean("{every: %s}", d)
		}
		if value == "every" || value == string(wire.WindowTimed) {
			return didYouMean("{every: 10ms}")
		}
		return ""
	})
}
