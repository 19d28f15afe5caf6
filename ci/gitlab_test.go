// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// gitlabFile is as much of GitLab's syntax as the file uses: its schema is not
// to be had as a package, and an unknown key is a mistake here.
type gitlabFile struct {
	Stages    []string
	Variables map[string]string
	Jobs      map[string]gitlabJob `yaml:",inline"`
}

type gitlabJob struct {
	Stage, Extends, Image, Timeout string
	ResourceGroup                  string `yaml:"resource_group"`
	Interruptible                  *bool
	Parallel                       int
	Script                         []string
	Needs                          []struct {
		Job       string
		Artifacts bool
	}
	Rules []struct{ If, When string }
	Cache struct {
		Key, When string
		Paths     []string
	}
	Artifacts struct {
		Paths    []string
		ExpireIn string `yaml:"expire_in"`
		Reports  map[string]string
		When     string
	}
}

func pipeline(t *testing.T) gitlabFile {
	t.Helper()
	text, err := os.ReadFile("gitlab.yml")
	require.NoError(t, err)
	f, err := parsePipeline(text)
	require.NoError(t, err)
	return f
}

func parsePipeline(text []byte) (f gitlabFile, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	return f, dec.Decode(&f)
}

// What a job names is there: its stage, what it extends, the jobs that it needs
// and that come before it.
func TestThePipelineHoldsTogether(t *testing.T) {
	f := pipeline(t)
	require.Equal(t, []string{"cells", "history"}, f.Stages)
	require.Len(t, f.Jobs, 3)
	for name, j := range f.Jobs {
		if name == ".kcovrig" {
			assert.NotEmpty(t, j.Image)
			continue
		}
		at := slices.Index(f.Stages, j.Stage)
		assert.GreaterOrEqual(t, at, 0, name)
		assert.Contains(t, f.Jobs, j.Extends, name)
		assert.NotEmpty(t, j.Script, name)
		for _, n := range j.Needs {
			require.Contains(t, f.Jobs, n.Job, name)
			assert.Less(t, slices.Index(f.Stages, f.Jobs[n.Job].Stage), at, name)
		}
		for _, when := range []string{j.Cache.When, j.Artifacts.When} {
			assert.Equal(t, "always", when, "%s: a failed cell is a result too", name)
		}
	}
	_, err := parsePipeline([]byte("kcovrig cells: {scripts: [x]}"))
	assert.Error(t, err)
}
