// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/wire"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/yamlfile"
)

// The forms of texts. Paths have no parts that begin with a point: none leads out of
// the folder, and none is hidden.
var (
	aName     = text{form: nameForm, words: "lower-case letters, digits, - and _", most: 40, meant: nameLike}
	aTitle    = text{form: oneLine, words: "one line of printable characters", most: 120}
	aPath     = text{form: pathForm, words: "a path in the scenario's folder, such as patches/fix.patch", most: 200, meant: pathLike}
	aPatch    = text{form: `^` + inFolder + `\.patch$`, words: "a file whose name ends in .patch, in the scenario's folder", most: 200, meant: pathLike}
	aSource   = text{form: `^` + inFolder + `\.c$`, words: "a C file in the scenario's folder, such as ring.c", most: 200, meant: programLike}
	anObject  = text{form: `^` + inFolder + `\.o$`, words: "an object of a C file of the kernel's, such as net/tls/tls_main.o", most: 200, meant: objectOf}
	aSymbol   = text{form: symbolForm, words: "a name of the kernel's code", most: wire.MaxFieldValue, meant: symbolIn}
	inKernel  = text{form: `^(` + symbol + `|` + inFolder + `(\.o|/)|\*)$`, words: "a name of the kernel's code, an object such as net/core/sock.o, a folder of objects such as net/core/, or *", most: wire.MaxFieldValue, meant: symbolIn}
	inGuest   = text{form: `^guest:[A-Za-z_][A-Za-z0-9_./$]*$`, words: "guest: and a function of the guest's program", most: 300}
	aRange    = text{form: kernelversion.Form, words: `versions, such as ">=5.10 <6.6"`, most: 60, meant: rangeLike, wrong: func(s string) error { _, err := kernelversion.Parse(s); return err }}
	aWord     = text{form: oneLine, words: "words on one line, of printable characters", most: 60}
	anArg     = text{form: oneLine, words: "words on one line, of printable characters", most: 1000}
	aVariable = text{form: `^[A-Za-z_][A-Za-z0-9_]*=[` + printable + ` ]*$`, words: "NAME=VALUE on one line", most: 1000}
	aSize     = text{form: sizeForm, words: "a size from 128M to 1G", most: 5, meant: sizeLike}
	aHang     = text{form: hangForm, words: "a time from 100ms to 600s", most: 8, meant: silenceLike}
	aWindow   = text{form: windowForm, words: "a time from 1ms to 60s", most: 8, meant: lengthLike}
	aSwitch   = text{form: `^` + kbuilds + `(_[A-Za-z0-9_.+-]+\.o)?=[yn]$`, words: "a switch of kbuild's, such as KASAN_SANITIZE_ring.o=n", most: 200, meant: switchLike}
	aConfig   = text{form: `^(` + blank + `\n)*` + configLine + `(\n(` + blank + `|` + configLine + `))*$`, words: "lines such as CONFIG_NET=y or # CONFIG_INET is not set", most: 16 << 10, meant: badLine, wrong: setTwice}
)

// Parts of the forms. What a line has is what unicode.IsPrint knows: nothing that a
// terminal would obey, or that turns the line round.
const (
	printable = `\p{L}\p{M}\p{N}\p{P}\p{S}`
	oneLine   = `^ *[` + printable + `][` + printable + ` ]*$`
	inFolder  = `[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*(/[A-Za-z0-9_][A-Za-z0-9_.+@=,-]*)*`
	symbol    = `[A-Za-z_][A-Za-z0-9_.$]*`
	kbuilds   = `([A-Z]COV_(PROFILE|INSTRUMENT)|AUTOFDO_PROFILE|KASAN_SANITIZE|KMSAN_SANITIZE|KMSAN_ENABLE_CHECKS|KCSAN_SANITIZE|KCSAN_INSTRUMENT_BARRIERS|` +
		`UBSAN_SANITIZE|UBSAN_SIGNED_WRAP|UBSAN_INTEGER_WRAP|CONTEXT_ANALYSIS|OBJECT_FILES_NON_STANDARD)` // scripts/Makefile.lib of Linux 5.10 to 7.3
	nameForm   = `^[a-z0-9][a-z0-9_-]*$`
	pathForm   = `^` + inFolder + `$`
	symbolForm = `^` + symbol + `$`
	sizeForm   = `^((12[89]|1[3-9][0-9]|[2-9][0-9]{2}|10[01][0-9]|102[0-4])M|1G)$`
	hangForm   = `^([1-9][0-9]{2,4}ms|([1-9][0-9]?|[1-5][0-9]{2}|600)s)$`
	windowForm = `^(([1-9][0-9]{0,3}|[1-5][0-9]{4}|60000)ms|([1-9]|[1-5][0-9]|60)s)$`
	blank      = `[ \t]*`
	configLine = blank + `(CONFIG_[A-Za-z0-9_]+=(y|n|m|-?[0-9]+|0x[0-9A-Fa-f]+|"[` + printable + ` \t]*")` + blank + `|#[` + printable + ` \t]*)`
)

// IsName says whether a scenario may have that name.
func IsName(text string) bool {
	return len(text) <= aName.most && aName.matches(text)
}

// didYouMean is what was probably meant by a value of another form, in YAML's spelling.
// The functions below find it; empty: nobody knows.
func didYouMean(format string, args ...any) string {
	return "did you mean " + fmt.Sprintf(format, args...) + "?"
}

func nameLike(value string) string {
	like := strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(strings.ToLower(value), "-"), "-_")
	if like == value || !has(nameForm, like) || len(like) > 40 {
		return "" // as it stands it is a number, or too long: another name is no help
	}
	return didYouMean("%s", like)
}

func pathLike(value string) string {
	switch short := strings.TrimPrefix(value, "./"); {
	case short != value && has(pathForm, short):
		return didYouMean("%s", short)
	case strings.HasPrefix(value, "/") || strings.HasPrefix(value, "../") || strings.Contains(value, "/../"):
		return "a scenario names nothing outside of its folder: copy it there"
	case strings.HasSuffix(value, ".diff"):
		return "rename it"
	}
	return ""
}

func programLike(value string) string {
	if has(pathForm, value) && !strings.Contains(value, ".") {
		return didYouMean("binary: %s", value)
	}
	return pathLike(value)
}

func objectOf(value string) string {
	if object := strings.TrimSuffix(value, ".c") + ".o"; object != value+".o" && has(pathForm, object) {
		return didYouMean("%s", object)
	}
	return ""
}

// inReport is a function as reports of the kernel name it: with an offset, or as one calls it.
var inReport = regexp.MustCompile(`^(` + symbol + `)(\(\)|\+0x[0-9a-f]+(/0x[0-9a-f]+)?)$`)

func symbolIn(value string) string {
	if m := inReport.FindStringSubmatch(value); m != nil {
		return didYouMean("%s", m[1])
	}
	return ""
}

func rangeLike(value string) string {
	m := regexp.MustCompile(`^(=|==|>=|<=|<|>)? *v?([0-9]{1,6}(\.[0-9]{1,6}){0,3})$`).FindStringSubmatch(value)
	if m == nil {
		return ""
	}
	sign := m[1]
	if strings.Trim(sign, "=") == "" {
		sign = ">="
	}
	return didYouMean("%q", sign+m[2])
}

func sizeLike(value string) string {
	if m := regexp.MustCompile(`(?i)^([0-9]+) *(m|mb|mib)?$`).FindStringSubmatch(value); m != nil && has(sizeForm, m[1]+"M") {
		return didYouMean("%sM", m[1])
	}
	return ""
}

// timeLike reads a time in the ways in which people write one; bare is the unit of a
// number without one.
func timeLike(value, bare string) (string, bool) {
	m := regexp.MustCompile(`^([0-9]{1,6}(?:\.[0-9]{1,3})?) *([a-z]*)$`).FindStringSubmatch(strings.ToLower(value))
	if m == nil {
		return "", false
	}
	unit, known := map[string]time.Duration{
		"ms": time.Millisecond, "msec": time.Millisecond, "msecs": time.Millisecond, "s": time.Second, "sec": time.Second, "secs": time.Second,
		"second": time.Second, "seconds": time.Second, "m": time.Minute, "min": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	}[cmp.Or(m[2], bare)]
	number, err := strconv.ParseFloat(m[1], 64)
	if !known || err != nil {
		return "", false
	}
	d := time.Duration(math.Round(number * float64(unit)))
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second), true
	}
	return fmt.Sprintf("%dms", d/time.Millisecond), true
}

func silenceLike(value string) string {
	bare := "s"
	if n, err := strconv.Atoi(value); err == nil && n >= 1000 {
		bare = "ms"
	}
	if d, ok := timeLike(value, bare); ok && has(hangForm, d) {
		return didYouMean("%s", d)
	}
	if value == "" || value == "~" || value == "null" {
		return "write hang alone for 2s"
	}
	if has(symbolForm, value) {
		return didYouMean("{hang: 2s, in: %s}", value)
	}
	return ""
}

func lengthLike(value string) string {
	if d, ok := timeLike(value, "ms"); ok && has(windowForm, d) {
		return didYouMean("%s", d)
	}
	return ""
}

// kbuild's switches, and what of make's a scenario may not set.
var (
	aKbuildSwitch = regexp.MustCompile(`^` + kbuilds + `(_[A-Za-z0-9_.+-]+\.o)?$`)
	ofTheRig      = regexp.MustCompile(`^(O|ARCH|CROSS_COMPILE|CC|HOSTCC|LLVM|LLVM_IAS|LOCALVERSION|KBUILD_.*|CCACHE_.*|SOURCE_DATE_EPOCH)$`)
)

func switchLike(value string) string {
	name, set, ok := strings.Cut(value, "=")
	isSwitch := aKbuildSwitch.MatchString(name)
	switch {
	case isSwitch && !ok:
		return didYouMean("%s=y", name)
	case isSwitch:
		if set = strings.ToLower(set); set == "1" || strings.HasPrefix(set, "y") || set == "true" {
			return didYouMean("%s=y", name)
		}
		return "it is y or n"
	case ofTheRig.MatchString(name):
		return name + " is set by kcovrig itself"
	case strings.HasPrefix(name, "CONFIG_"):
		return "what the kernel is configured by belongs to config"
	}
	family, object := name, ""
	if i := regexp.MustCompile(`_[a-z0-9]`).FindStringIndex(name); i != nil {
		family, object = name[:i[0]], name[i[0]:]
	}
	if near := yamlfile.Nearest(family, regexp.MustCompile(`[A-Z]+_[A-Z_]{5,}`).FindAllString(kbuilds, -1)); near != "" && (set == "y" || set == "n") {
		return didYouMean("%s%s=%s", near, object, set)
	}
	return ""
}

// aLine is a line of a configuration.
var aLine = regexp.MustCompile(`^(` + blank + `|` + configLine + `)$`)

// badLine finds the first line of a configuration that is none.
func badLine(text string) string {
	for i, line := range strings.Split(text, "\n") {
		if aLine.MatchString(line) {
			continue
		}
		where := fmt.Sprintf("line %d of it", i+1)
		unset := regexp.MustCompile(`^\s*(CONFIG_[A-Za-z0-9_]+) is not set\s*$`).FindStringSubmatch(line)
		yes := regexp.MustCompile(`(?i)^\s*(CONFIG_[A-Z0-9_]+)=(yes|1|true|on)\s*$`).FindStringSubmatch(line)
		bare := regexp.MustCompile(`^\s*([A-Z0-9_]+=[!-~]+)\s*$`).FindStringSubmatch(line)
		switch {
		case strings.HasSuffix(line, "\r"):
			return where + " ends in a carriage return"
		case yes != nil:
			return where + ": " + didYouMean("%s=y", yes[1])
		case unset != nil:
			return where + ": " + didYouMean("# %s is not set", unset[1])
		case bare != nil && !strings.HasPrefix(bare[1], "CONFIG_"):
			return where + ": " + didYouMean("CONFIG_%s", bare[1])
		}
		return where + " is none"
	}
	return ""
}

// setting is a line that sets a symbol.
var setting = regexp.MustCompile(`^\s*(?:(CONFIG_[A-Za-z0-9_]+)=|# (CONFIG_[A-Za-z0-9_]+) is not set\s*$)`)

// setTwice finds the first line of a configuration that sets what another has set, of
// which one would be lost.
func setTwice(text string) error {
	lines := map[string]int{}
	for i, line := range strings.Split(text, "\n") {
		m := setting.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := m[1] + m[2]
		if first := lines[name]; first > 0 {
			return fmt.Errorf("line %d of it sets %s, as line %d does", i+1, name, first)
		}
		lines[name] = i + 1
	}
	return nil
}

// variables are a list of NAME=VALUE, each name once.
type variables struct{ list }

func (l variables) check(r *yamlfile.Reader, n *yaml.Node, what string) {
	seen := map[string]bool{}
	for _, item := range l.items(r, n, what) {
		name, _, _ := strings.Cut(item.Value, "=")
		if seen[name] && aVariable.matches(item.Value) { // another is refused already
			r.Fail(yamlfile.PlaceOf(item), "%s: %s is given twice", what, name)
		}
		seen[name] = true
	}
}
