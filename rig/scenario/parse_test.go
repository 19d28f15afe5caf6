// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
)

func TestThePublishedSchemaIsTheParsers(t *testing.T) {
	text, err := FileSchema()
	require.NoError(t, err)
	goldentest.Check(t, "../../../docs/scenario.schema.json", text)
}

func schemaOf(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("scenario.schema.json", doc))
	schema, err := compiler.Compile("scenario.schema.json")
	require.NoError(t, err)
	return schema
}

func TestTheScenariosThatComeWithItAreAsThePublishedSchemaSays(t *testing.T) {
	published, err := os.ReadFile("../../docs/scenario.schema.json")
	require.NoError(t, err)
	schema := schemaOf(t, published)
	files, err := filepath.Glob("../../scenarios/*/" + FileName)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var value any
		require.NoError(t, yaml.Unmarshal(text, &value))
		assert.NoError(t, schema.Validate(value), path)
	}
}

// What the schema accepts and what it rejects, so does the parser; "meaning" holds
// what no schema can say, and what is not supported yet.
func TestSchemaAndParserAgree(t *testing.T) {
	withRing(t)
	text, err := FileSchema()
	require.NoError(t, err)
	schema := schemaOf(t, []byte(text))
	files, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = parse(path, text)
		var value any
		if bad := yaml.Unmarshal(text, &value); bad != nil {
			assert.Equal(t, "testdata/meaning", filepath.Dir(path), "%s: %v", path, bad)
			assert.Error(t, err, path)
			continue
		}
		switch filepath.Dir(path) {
		case "testdata/meaning":
			assert.NoError(t, schema.Validate(value), "%s: the schema rejects it; move it to reject", path)
			assert.Error(t, err, path)
		case "testdata/reject":
			assert.Error(t, schema.Validate(value), "%s: the schema accepts it", path)
			assert.Error(t, err, path)
		default:
			assert.NoError(t, schema.Validate(value), path)
			assert.NoError(t, err, path)
		}
	}
}

func TestWhatIsSaidOfFilesThatAreRefused(t *testing.T) {
	withRing(t)
	var b strings.Builder
	for _, dir := range []string{"reject", "meaning"} {
		files, err := filepath.Glob("testdata/" + dir + "/*.yaml")
		require.NoError(t, err)
		for _, path := range files {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = parse(filepath.Base(path), text)
			require.Error(t, err, path)
			assert.Equal(t, fault.User, fault.KindOf(err), path)
			fmt.Fprintf(&b, "%v\n\n", err)
		}
	}
	goldentest.Check(t, "problems.txt", b.String())
}

func TestDefaultsAreFilled(t *testing.T) {
	withRing(t)
	text, err := os.ReadFile("testdata/accept/least.yaml")
	require.NoError(t, err)
	f, err := parse("least.yaml", text)
	require.NoError(t, err)
	assert.Equal(t, []string{"ring.read"}, f.Workload.Readers["acquire"].Symbols)
}
