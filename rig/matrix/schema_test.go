// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"kcovrig/rig/goldentest"
)

func TestThePublishedSchemaIsTheParsers(t *testing.T) {
	text, err := FileSchema()
	require.NoError(t, err)
	goldentest.Check(t, "../../../docs/matrix.schema.json", string(text))
}

// What the schema accepts and what it rejects, so does the parser; "meaning"
// holds what no schema can say, and YAML that is none.
func TestSchemaAndParserAgree(t *testing.T) {
	text, err := os.ReadFile("../../docs/matrix.schema.json")
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("matrix.schema.json", doc))
	schema, err := compiler.Compile("matrix.schema.json")
	require.NoError(t, err)
	files, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	for _, path := range append(files, "../../docs/examples/nightly.yaml") {
		text := fileOf(t, path)
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			assert.Equal(t, "testdata/meaning", filepath.Dir(path), "%s: %v", path, err)
			continue
		}
		accepts := schema.Validate(value) == nil
		_, err = Parse(path, text)
		switch filepath.Dir(path) {
		case "testdata/meaning":
			assert.True(t, accepts, "%s: the schema rejects it; move it to reject", path)
			assert.Error(t, err, path)
		case "testdata/reject":
			assert.False(t, accepts, "%s: the schema accepts it", path)
			assert.Error(t, err, path)
		default:
			assert.NoError(t, schema.Validate(value), path)
			assert.NoError(t, err, path)
		}
	}
}
