// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

func TestAFormatThatAKindDoesNotHave(t *testing.T) {
	full := errors.New("the disk is full")
	kind := Writers[string]{
		{Text, func(w io.Writer, s string) error { _, err := io.WriteString(w, s); return err }},
		{JSON, func(io.Writer, string) error { return full }},
		{Line, func(io.Writer, string) error { return nil }},
	}
	var b strings.Builder
	require.NoError(t, kind.Render(&b, Text, "x"))
	assert.Equal(t, "x", b.String())
	err := kind.Render(&b, JSON, "x")
	require.ErrorIs(t, err, full)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	for _, f := range []Format{"", "pdf", HTML} {
		err := kind.Render(&b, f, "x")
		require.ErrorContains(t, err, "(have: text, json)", f)
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
	for _, name := range []string{"", "pdf", "html", "line"} {
		_, err := kind.Parse(name)
		require.ErrorContains(t, err, "(have: text, json)", name)
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
	parsed, err := kind.Parse("json")
	require.NoError(t, err)
	assert.Equal(t, JSON, parsed)
}
