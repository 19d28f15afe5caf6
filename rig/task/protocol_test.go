// SPDX-License-Identifier: Apache-2.0

package task

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/scenario"
)

func TestEachChangeOfAFormIsAnotherProtocol(t *testing.T) {
	type inner struct{ N int }
	type recursive struct{ Next *recursive }
	formOf := func(form any) string {
		var text strings.Builder
		describe(&text, reflect.TypeOf(form), map[reflect.Type]bool{})
		return strings.ReplaceAll(text.String(), "rig.", "")
	}
	forms := map[string]bool{}
	for _, form := range []any{
		struct{ A int }{}, struct{ A int64 }{}, struct{ B int }{}, struct{ A, B int }{},
		struct {
			A int `json:"a"`
		}{},
		struct{ A []int }{}, struct{ A map[string]int }{}, struct{ A *inner }{}, struct{ A []struct{ N int } }{}, recursive{},
	} {
		forms[formOf(form)] = true
	}
	assert.Len(t, forms, 10)
	assert.Contains(t, formOf(struct{ A []map[string]*inner }{}), "N  int int", "it looks into all that a form holds")
	assert.Len(t, Protocol(), 12)
}

// Two kcovrigs whose scenarios of one name hold something else share no tasks.
func TestScenariosArePartOfTheProtocol(t *testing.T) {
	var text strings.Builder
	scenarios(&text)
	s, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	assert.Contains(t, text.String(), s.Name+" "+s.Hash+"\n")
	assert.Equal(t, len(scenario.Names()), strings.Count(text.String(), "\n"))
}
