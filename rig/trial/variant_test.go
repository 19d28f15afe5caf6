// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A document's two members name one variant each way, and none of them is the
// zero value.
func TestVariantsOfDocuments(t *testing.T) {
	for _, c := range []struct {
		saved SavedVariant
		want  Variant
		name  string
	}{
		{SavedVariant{}, Unpatched, "unpatched"},
		{SavedVariant{Patched: true}, Patched, "patched"},
		{SavedVariant{AsIs: true}, AsIs, "as-is"},
		{SavedVariant{AsIs: true, Patched: true}, AsIs, "as-is"}, // as it stands: the other member says nothing
	} {
		v := c.saved.Variant()
		assert.Equal(t, c.want, v)
		assert.Equal(t, c.name, string(v))
		assert.NotEmpty(t, v)
		assert.Equal(t, v, v.Saved().Variant())
	}
	assert.Equal(t, []Variant{Unpatched, Patched}, Pair())
	for v, want := range map[Variant][2]Variant{Unpatched: {Unpatched, Patched}, Patched: {Patched, Unpatched}, AsIs: {Unpatched, Patched}} {
		assert.Equal(t, want, [2]Variant{v.InPair(), v.Other()}, v)
	}
}

// Documents keep the members and their order, whatever holds the variant, and give it back.
func TestSavedVariantsInJSON(t *testing.T) {
	for v, want := range map[Variant]string{Unpatched: `{"patched":false,`, Patched: `{"patched":true,`, AsIs: `{"asIs":true,"patched":false,`} {
		image, code, witness := Image{Variant: v, Key: "k"}, Code{Variant: v, Container: "f<&>"}, Witness{Variant: v, Under: "u"}
		for _, c := range []struct{ holder, again any }{
			{&image, &Image{}}, {&code, &Code{}}, {&witness, &Witness{}},
			{&Signature{Variant: v, Mode: "pc"}, &Signature{}}, {&ModeCount{Variant: v, Windows: 3}, &ModeCount{}},
		} {
			text, err := json.Marshal(c.holder)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(text), want), "%T: %s", c.holder, text)
			assert.NotContains(t, string(text), "&", "escaped as in any other part")
			require.NoError(t, json.Unmarshal(text, c.again))
			assert.Equal(t, c.holder, c.again)
		}
		text, err := json.Marshal(Expected{Name: "n", Variant: v})
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(text), `{"name":"n",`+want[1:]), "%s", text)
	}
	require.Error(t, json.Unmarshal([]byte(`{"patched":"yes"}`), &Image{}))
	require.Error(t, json.Unmarshal([]byte(`{"patched":true,"key":7}`), &Image{}))
}

// A specification keeps its members in JSON, whatever version wrote it; of the tree as it
// stands there were three forms, and the same question has the same name.
func TestSavedSpecifications(t *testing.T) {
	for _, c := range []struct {
		saved string
		want  Variant
	}{
		{`"arm":"as-is","asIs":true`, AsIs},
		{`"arm":"unpatched","asIs":true`, AsIs},
		{`"asIs":true`, AsIs},
		{`"arm":"unpatched"`, Unpatched},
		{`"arm":"patched"`, Patched},
		{`"scenario":"ring"`, ""},
	} {
		var s Spec
		require.NoError(t, json.Unmarshal([]byte(`{"tree":"/linux",`+c.saved+`}`), &s))
		assert.Equal(t, Spec{Scenario: s.Scenario, Tree: "/linux", Variant: c.want}, s, c.saved)
		text, err := json.Marshal(s)
		require.NoError(t, err)
		assert.Equal(t, c.want == AsIs, strings.Contains(string(text), `"arm":"as-is"`) && strings.Contains(string(text), `"asIs":true`), "%s", text)
		assert.Equal(t, c.want == AsIs, strings.Contains(string(text), "asIs"), "%s", text)
		var again Spec
		require.NoError(t, json.Unmarshal(text, &again))
		assert.Equal(t, s, again)
		if c.want == AsIs {
			assert.Equal(t, "run-as-is,,,tree=/linux", CellName(Result{Command: "run", Spec: s}), c.saved)
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(Spec{Tree: "/a&b"}))
	assert.Contains(t, b.String(), `"tree":"/a&b"`, "as the encoder around it wants it")
	require.Error(t, json.Unmarshal([]byte(`{"seed":"x"}`), &Spec{}))
}
