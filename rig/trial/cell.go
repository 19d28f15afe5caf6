// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// notAsked are the members of a Spec that do not change its result, or that
// the rig chooses anew each time.
var notAsked = []string{"seed", "jobs"}

// hashInName is how much of a scenario's hash tells it from others of its name.
const hashInName = 16

// cellDefaults are values that a name leaves out, so that names given before a
// choice existed stay those of the default.
var cellDefaults = map[string]string{"accel": string(AccelAuto), "compiler": "gcc"}

// CellName names what was asked, such that the same question asked another
// night has the same name: the command and its kernel, scenario and architecture,
// then every other member of the specification that was given, by name. It is
// a pure function; equal names mean that results may be set beside one another.
// Comma, percent and what is not printable are escaped as in URLs.
func CellName(r Result) string {
	head := []string{string(r.Command)}
	if lone := RunVariant(r); lone != "" {
		head[0] += "-" + string(lone)
	}
	head = append(head, r.Spec.Scenario, r.Spec.Arch)
	var words []string
	for name, value := range specMembers(r.Spec) {
		text := cellValue(value)
		if name == "scenarioHash" {
			text = text[:min(len(text), hashInName)]
		}
		if list, ok := value.([]any); ok && name == "patch" { // their order counts
			text = ""
			for i, one := range list {
				text += map[bool]string{true: "+"}[i > 0] + cellValue(one)
			}
		}
		if slices.Contains(notAsked, name) || slices.Contains(inHead, name) || text == "" || text == cellDefaults[name] {
			continue
		}
		words = append(words, name+"="+text)
	}
	slices.Sort(words)
	for i := range head {
		head[i] = cellText(head[i])
	}
	return strings.Join(append(head, words...), ",")
}

// inHead are the members that a name begins with.
var inHead = []string{"scenario", "arm", "asIs", "arch"}

// RunVariant is the kernel of a run, empty of any other command; results from before it was kept tell it by their boots.
func RunVariant(r Result) Variant {
	if r.Command == CommandRun && r.Spec.Variant == "" && len(r.Observations) > 0 {
		return r.Observations[0].Variant
	}
	return r.Spec.Variant
}

// specMembers goes by the JSON form, so that a member added to Spec is part of
// the name without a word here.
func specMembers(s Spec) map[string]any {
	text, err := json.Marshal(s)
	members := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err != nil {
		panic(err) // a Spec holds numbers, texts and lists of texts
	}
	if s.Duration > 0 {
		members["duration"] = s.Duration.String()
	}
	return members
}

func cellValue(value any) string {
	switch v := value.(type) {
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, cellValue(e))
		}
		slices.Sort(list)
		return strings.Join(list, "+")
	case nil:
		return ""
	case bool:
		if !v {
			return ""
		}
	case float64:
		if v == 0 {
			return ""
		}
	}
	return cellText(fmt.Sprint(value))
}

func cellText(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c <= ' ' || c == ',' || c == '%' || c == 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
